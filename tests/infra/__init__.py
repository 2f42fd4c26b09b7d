"""What is deployed, tried without a cloud."""
