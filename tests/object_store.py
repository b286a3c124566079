"""An S3 server on loopback, found through the environment as any other would be, by worker processes too."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
import pytest
import s3fs
from moto.server import ThreadedMotoServer


@contextmanager
def object_store(bucket: str, stored: Mapping[str, bytes]) -> Iterator[None]:
    """Have a server with a bucket that holds some objects."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=bucket)
        for name, data in stored.items():
            client.put_object(Bucket=bucket, Key=name, Body=data)
        s3fs.S3FileSystem.clear_instance_cache()  # other tests have a server of their own
        yield
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()
