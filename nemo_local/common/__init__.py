"""What all microservices share: stored documents, entity routes, listing, errors."""
