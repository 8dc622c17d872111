"""A certificate authority and a certificate for 127.0.0.1."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_authority(directory):
    """Writes ca.pem, cert.pem and key.pem; returns their paths."""
    now = datetime.datetime.utcnow()

    def certificate(subject, issuer, key, signer, extensions):
        name = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
                for text in (subject, issuer)]
        builder = (x509.CertificateBuilder()
                   .subject_name(name[0]).issuer_name(name[1])
                   .public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=30)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca = certificate("test authority", "test authority", ca_key, ca_key,
                     [(x509.BasicConstraints(True, None), True)])
    leaf = certificate("127.0.0.1", "test authority", key, ca_key,
                       [(x509.SubjectAlternativeName([
                           x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                           x509.DNSName("localhost")]), False)])
    pem = serialization.Encoding.PEM
    files = {
        "ca.pem": ca.public_bytes(pem), "cert.pem": leaf.public_bytes(pem),
        "key.pem": key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())}
    paths = []
    for file, content in files.items():
        path = directory / file
        path.write_bytes(content)
        paths.append(str(path))
    return paths
