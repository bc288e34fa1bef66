"""The network that both stages share."""
