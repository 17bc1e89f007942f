"""What an application costs: our four services beside a bare pipeline that writes and reads the same."""
