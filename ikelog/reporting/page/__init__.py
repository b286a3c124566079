"""What the HTML report is made of: its parts as values, and the template, style and scripts that show them."""
