"""NIM proxy: an OpenAI-compatible server of the base model and of every finished adapter, on OpenVINO GenAI.

A process of its own (``python -m nemo_local.nim``), because ``/v1/models`` means something else on the gateway. It
learns over HTTP what to serve, as on the cluster: from Deployment Management, the Entity Store and the Data Store.
"""
