package dev.ordinal.server.auth;

import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Objects;

/// A cluster's certificate authority, its server certificate and its administrator's.
///
/// Kept as PEM files in one folder, private keys readable by their owner only. Made when missing,
/// and
/// again when less than a month of a certificate is left.
public final class Pki {
    /// Other types encrypt what never leaves memory, ten thousand times over.
    private static final String IN_MEMORY = "JKS";

    private static final int CURVE_BITS = 256;
    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    private static final Duration CERTIFICATE_LIFE = Duration.ofDays(365);
    private static final Duration RENEW_BEFORE = Duration.ofDays(30);

    private final Path folder;
    private final InstantSource clock;
    private final Pair authority;
    private final Pair server;
    private final Pair admin;
    private @Nullable KeyPair accountKeys;

    private Pki(Path folder, InstantSource clock, List<String> names)
            throws IOException, GeneralSecurityException {
        this.folder = folder;
        this.clock = clock;
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        authority = loadOrMake("ca", this::newAuthority);
        server = loadOrMake("server", () -> newServer(names));
        admin = loadOrMake("admin", this::newAdmin);
    }

    /// A key and its certificate.
    private record Pair(PrivateKey key, X509Certificate certificate) {}

    /// @param names DNS names and addresses the server is reached by
    /// @throws IOException the folder cannot be read or written
    public static Pki open(Path folder, InstantSource clock, List<String> names)
            throws IOException {
        try {
            return new Pki(folder, clock, names);
        } catch (GeneralSecurityException impossible) {
            throw new IOException("certificates cannot be made or read in " + folder, impossible);
        }
    }

    @FunctionalInterface
    private interface Maker {
        Pair make() throws IOException, GeneralSecurityException;
    }

    private Pair loadOrMake(String name, Maker maker) throws IOException, GeneralSecurityException {
        var certificateFile = folder.resolve(name + ".crt");
        var keyFile = folder.resolve(name + ".key");
        if (Files.exists(certificateFile) && Files.exists(keyFile)) {
            var pair = new Pair(readKey(keyFile), readCertificate(certificateFile));
            var end = pair.certificate.getNotAfter().toInstant();
            if (end.isAfter(clock.instant().plus(RENEW_BEFORE))) return pair;
        }
        var pair = maker.make();
        write(keyFile, pem(new JcaPKCS8Generator(pair.key, null)));
        write(certificateFile, pem(pair.certificate));
        return pair;
    }

    private static PrivateKey readKey(Path file) throws IOException {
        try (var parser = new PEMParser(new StringReader(Files.readString(file)))) {
            return switch (parser.readObject()) {
                case PrivateKeyInfo info -> new JcaPEMKeyConverter().getPrivateKey(info);
                case null, default -> throw new IOException(file + " holds no private key");
            };
        }
    }

    private static X509Certificate readCertificate(Path file)
            throws IOException, GeneralSecurityException {
        try (var parser = new PEMParser(new StringReader(Files.readString(file)))) {
            return switch (parser.readObject()) {
                case X509CertificateHolder holder ->
                        new JcaX509CertificateConverter().getCertificate(holder);
                case null, default -> throw new IOException(file + " holds no certificate");
            };
        }
    }

    private Pair newAuthority() throws IOException, GeneralSecurityException {
        var keys = newKeys();
        var name = new X500Name("CN=ordinal-ca");
        var builder = builder(name, name, keys, AUTHORITY_LIFE);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
        return new Pair(keys.getPrivate(), sign(builder, keys.getPrivate()));
    }

    private Pair newServer(List<String> names) throws IOException, GeneralSecurityException {
        var keys = newKeys();
        var builder = builder(issuer(), new X500Name("CN=ordinal"), keys, CERTIFICATE_LIFE);
        var alternatives =
                names.stream()
                        .map(
                                name ->
                                        new GeneralName(
                                                name.matches("[0-9.]+|.*:.*")
                                                        ? GeneralName.iPAddress
                                                        : GeneralName.dNSName,
                                                name))
                        .toArray(GeneralName[]::new);
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
        usedBy(builder, KeyPurposeId.id_kp_serverAuth);
        return new Pair(keys.getPrivate(), sign(builder, authority.key));
    }

    private Pair newAdmin() throws IOException, GeneralSecurityException {
        var keys = newKeys();
        var subject = new X500Name("O=system:masters,CN=ordinal-admin");
        var builder = builder(issuer(), subject, keys, CERTIFICATE_LIFE);
        usedBy(builder, KeyPurposeId.id_kp_clientAuth);
        return new Pair(keys.getPrivate(), sign(builder, authority.key));
    }

    private X500Name issuer() {
        return new X500Name(authority.certificate.getSubjectX500Principal().getName());
    }

    private static void usedBy(JcaX509v3CertificateBuilder builder, KeyPurposeId purpose)
            throws IOException {
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, KeyPair keys, Duration life) {
        Instant now = clock.instant();
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, new SecureRandom()),
                Date.from(now.minusSeconds(60)),
                Date.from(now.plus(life)),
                subject,
                keys.getPublic());
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException {
        try {
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key);
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException impossible) {
            throw new GeneralSecurityException(impossible);
        }
    }

    private static String pem(Object object) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    /// Readable by the owner only, and never half written.
    private static void write(Path file, String text) throws IOException {
        var parent = Objects.requireNonNull(file.getParent());
        var temporary =
                Files.createTempFile(
                        parent,
                        "new",
                        "",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        Files.writeString(temporary, text);
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /// The server's key with its chain, for TLS.
    public KeyStore serverKeys() throws IOException {
        return keys(server);
    }

    /// The administrator's key, for a client in the same process.
    public KeyStore adminKeys() throws IOException {
        return keys(admin);
    }

    private KeyStore keys(Pair pair) throws IOException {
        try {
            var store = KeyStore.getInstance(IN_MEMORY);
            store.load(null, new char[0]);
            store.setKeyEntry(
                    "key",
                    pair.key,
                    new char[0],
                    new X509Certificate[] {pair.certificate, authority.certificate});
            return store;
        } catch (GeneralSecurityException impossible) {
            throw new IOException(impossible);
        }
    }

    /// Whom the server and its clients trust: the authority.
    public KeyStore trust() throws IOException {
        try {
            var store = KeyStore.getInstance(IN_MEMORY);
            store.load(null, new char[0]);
            store.setCertificateEntry("ca", authority.certificate);
            return store;
        } catch (GeneralSecurityException impossible) {
            throw new IOException(impossible);
        }
    }

    /// Signs the tokens of ServiceAccounts; made when first asked for and kept for good.
    ///
    /// @throws IOException the folder cannot be read or written
    public synchronized KeyPair accountKeys() throws IOException {
        var known = accountKeys;
        if (known != null) return known;
        var privateFile = folder.resolve("sa.key");
        var publicFile = folder.resolve("sa.pub");
        if (Files.exists(privateFile) && Files.exists(publicFile)) {
            known = new KeyPair(readPublicKey(publicFile), readKey(privateFile));
        } else {
            try {
                known = newKeys();
            } catch (GeneralSecurityException impossible) {
                throw new IOException(impossible);
            }
            write(publicFile, pem(known.getPublic()));
            write(privateFile, pem(new JcaPKCS8Generator(known.getPrivate(), null)));
        }
        accountKeys = known;
        return known;
    }

    private static PublicKey readPublicKey(Path file) throws IOException {
        try (var parser = new PEMParser(new StringReader(Files.readString(file)))) {
            return switch (parser.readObject()) {
                case SubjectPublicKeyInfo info -> new JcaPEMKeyConverter().getPublicKey(info);
                case null, default -> throw new IOException(file + " holds no public key");
            };
        }
    }

    /// The authority's certificate as PEM.
    public String authorityPem() throws IOException {
        return pem(authority.certificate);
    }

    /// Writes a kubeconfig for the administrator, readable by its owner only.
    ///
    /// @param name of cluster, user and context
    public void writeKubeconfig(Path file, String name, String server) throws IOException {
        write(
                file,
                """
                apiVersion: v1
                kind: Config
                clusters:
                - name: %1$s
                  cluster:
                    server: %2$s
                    certificate-authority-data: %3$s
                users:
                - name: %1$s
                  user:
                    client-certificate-data: %4$s
                    client-key-data: %5$s
                contexts:
                - name: %1$s
                  context:
                    cluster: %1$s
                    user: %1$s
                current-context: %1$s
                """
                        .formatted(
                                name,
                                server,
                                base64(pem(authority.certificate)),
                                base64(pem(admin.certificate)),
                                base64(pem(curveKey(admin)))));
    }

    /// In the form of RFC 5915 with the curve's name: fabric8's client reads no other key of one.
    private static PemObject curveKey(Pair pair) throws IOException {
        var info = PrivateKeyInfo.getInstance(pair.key.getEncoded());
        var point = SubjectPublicKeyInfo.getInstance(pair.certificate.getPublicKey().getEncoded());
        var key =
                new ECPrivateKey(
                        CURVE_BITS,
                        ECPrivateKey.getInstance(info.parsePrivateKey()).getKey(),
                        point.getPublicKeyData(),
                        info.getPrivateKeyAlgorithm().getParameters());
        return new PemObject("EC PRIVATE KEY", key.getEncoded());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
