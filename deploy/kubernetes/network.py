"""Who may speak to a service and to whom it may speak; services never speak to each other but through Kafka."""

from deploy.kubernetes.names import (
    KAFKA_PORT,
    PORT,
    POSTGRES_PORT,
    Manifest,
    labels,
    manifest,
    object_name,
)
from shared.contracts.topics import ServiceName

GATEWAY = "nss-gateway"
MONITORING = "nss-monitoring"
"""Labels of the namespaces (value `true`) from which browsers' requests and measurements come."""
TRACING = "nss-tracing"
"""Label of the namespace (value `true`) in which a collector of traces runs."""
DNS_PORT = 53
MAIL_PORTS = (465, 587)
HTTPS_PORT = 443
COLLECTOR_PORT = 4318
"""Where a collector takes spans over HTTP."""
MORE_PORTS: dict[ServiceName, tuple[int, ...]] = {
    "intake": (),
    # The identity provider, where staff log in through one.
    "review": (HTTPS_PORT,),
    "provisioning": (),
    "notifier": MAIL_PORTS,
}


def network_manifests(service: ServiceName) -> list[Manifest]:
    """Two policies: pages are reached from the gateway, and every pod of the service from monitoring."""
    return [_pages(service), _everything(service)]


def hooks_network_manifests(service: ServiceName) -> list[Manifest]:
    """One more policy, for the pods that post to receivers of hooks: they alone go out over HTTPS."""
    marks = labels(service, "hooks")
    spec = {
        "podSelector": {"matchLabels": marks},
        "policyTypes": ["Egress"],
        "egress": [{"ports": _ports(HTTPS_PORT)}],
    }
    return [manifest("networking.k8s.io/v1", "NetworkPolicy", object_name(service, "hooks"), {"spec": spec}, marks)]


def traces_network_manifests(service: ServiceName) -> list[Manifest]:
    """For where traces are recorded: every pod of the service may reach the collector, and nothing else in addition."""
    marks = labels(service)
    spec = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": object_name(service)}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [_namespaces(TRACING)], "ports": _ports(COLLECTOR_PORT)}],
    }
    return [manifest("networking.k8s.io/v1", "NetworkPolicy", object_name(service, "traces"), {"spec": spec}, marks)]


def _pages(service: ServiceName) -> Manifest:
    marks = labels(service, "web")
    spec = {
        "podSelector": {"matchLabels": marks},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [_namespaces(GATEWAY)], "ports": _ports(PORT)}],
    }
    return manifest("networking.k8s.io/v1", "NetworkPolicy", object_name(service, "web"), {"spec": spec}, marks)


def _everything(service: ServiceName) -> Manifest:
    marks = labels(service)
    # By port alone: broker, database and mail server may be in the cluster or managed elsewhere.
    outside = _ports(KAFKA_PORT, POSTGRES_PORT, *MORE_PORTS[service])
    names = [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]
    spec = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": object_name(service)}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_namespaces(MONITORING)], "ports": _ports(PORT)}],
        "egress": [
            {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
             "ports": names},
            {"ports": outside},
        ],
    }  # fmt: skip
    return manifest("networking.k8s.io/v1", "NetworkPolicy", object_name(service), {"spec": spec}, marks)


def _namespaces(label: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {label: "true"}}}


def _ports(*ports: int) -> list[Manifest]:
    return [{"protocol": "TCP", "port": port} for port in ports]
