"""What institutions gave: written product by product, read by the application it belongs to."""
