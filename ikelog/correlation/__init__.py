"""From events to negotiations, exchanges and Child SAs: identity by device and SPI pair, handles only as joins."""
