"""The manifests of the four services and of what they need from the operators of a cluster, rendered."""
