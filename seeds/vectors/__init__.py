"""The shared test vectors of the credential, group by group; `seeds.make_vectors` writes them."""
