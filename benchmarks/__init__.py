"""Speed of the parts and of the whole, measured on the machine at hand."""
