"""Code that all microservices share: stored documents, entity routes, lists, errors."""
