"""The NeMo Microservices REST API on one machine, doing the real work: storage, training, evaluation, inference.

One package is one microservice. A microservice reaches another one over HTTP only, as it does on a cluster.
"""

from __future__ import annotations

__version__ = "1.0.0"
