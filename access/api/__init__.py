"""The part of the API that the access app answers, and fields of resources that ask the policy."""
