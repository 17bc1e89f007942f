"""What many times today's volume needs, computed from measured figures into deploy/SCALING.md."""
