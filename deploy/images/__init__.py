"""What an image of one service holds, and how it is put together."""
