"""Signs Responses with signxml, for tests/it/vectors/python.rs.

Reads a JSON list of orders from standard input, and writes a JSON list of signed documents. An order:
{"xml", "id": what is signed, "key", "certificate": PEM, "algorithm", "digest", "canonical": names of signxml, "prefixes"}
"""

import copy
import json
import sys

from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, XMLSigner, methods

DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


def place(element):
    """Where the schema wants the signature: after the issuer."""
    signature = etree.Element(f"{{{DS}}}Signature", nsmap={"ds": DS})
    signature.set("Id", "placeholder")
    element.find(f"{{{SAML}}}Issuer").addnext(signature)


def sign(element, order):
    """As Python identity providers do it: the element is signed on its own."""
    place(element)
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod[order["algorithm"]],
        digest_algorithm=DigestAlgorithm[order["digest"]],
        c14n_algorithm=CanonicalizationMethod[order["canonical"]],
    )
    return signer.sign(
        element,
        key=order["key"].encode(),
        cert=order["certificate"],
        reference_uri="#" + order["id"],
        id_attribute="ID",
        inclusive_ns_prefixes=order["prefixes"] or None,
    )


def document(order):
    root = etree.fromstring(order["xml"].encode())
    if root.get("ID") == order["id"]:
        root = sign(root, order)
    else:
        assertion = root.find(f"{{{SAML}}}Assertion")
        signed = sign(copy.deepcopy(assertion), order)
        root.replace(assertion, signed)
    return etree.tostring(root, encoding="unicode")


json.dump([document(order) for order in json.load(sys.stdin)], sys.stdout)
