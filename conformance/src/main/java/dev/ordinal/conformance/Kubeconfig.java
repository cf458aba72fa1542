package dev.ordinal.conformance;

import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// The way to a control plane: its address, its authority and an administrator's certificate, all
/// three embedded in the file. Of a file with several clusters or users the first is taken.
///
/// @param server base address
/// @param tls trusts that authority only
/// @param bare the same without the certificate
public record Kubeconfig(URI server, SSLContext tls, SSLContext bare) {
    /// @throws IOException when the file cannot be read or lacks one of the three
    public static Kubeconfig read(Path file) throws IOException {
        var loaded =
                new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        var cluster = part(loaded, "clusters", "cluster");
        var user = part(loaded, "users", "user");
        try {
            var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "ca", certificate(bytes(cluster, "certificate-authority-data")));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var own = KeyStore.getInstance(KeyStore.getDefaultType());
            own.load(null, null);
            own.setKeyEntry(
                    "admin",
                    key(bytes(user, "client-key-data")),
                    new char[0],
                    new Certificate[] {certificate(bytes(user, "client-certificate-data"))});
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            var bare = SSLContext.getInstance("TLS");
            bare.init(null, trust.getTrustManagers(), null);
            return new Kubeconfig(URI.create(text(cluster, "server")), context, bare);
        } catch (GeneralSecurityException damaged) {
            throw new IOException(
                    "%s is damaged: %s".formatted(file, damaged.getMessage()), damaged);
        }
    }

    private static Map<?, ?> part(Object config, String list, String name) throws IOException {
        if (config instanceof Map<?, ?> map
                && map.get(list) instanceof List<?> all
                && !all.isEmpty()
                && all.getFirst() instanceof Map<?, ?> entry
                && entry.get(name) instanceof Map<?, ?> part) return part;
        throw new IOException("the kubeconfig has no " + list);
    }

    private static String text(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof String text) return text;
        throw new IOException("the kubeconfig has no " + key);
    }

    private static byte[] bytes(Map<?, ?> map, String key) throws IOException {
        return Base64.getDecoder().decode(text(map, key));
    }

    private static Certificate certificate(byte[] pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem));
    }

    /// Elliptic or RSA, in any of the forms that OpenSSL writes.
    private static PrivateKey key(byte[] pem) throws IOException {
        var text = new String(pem, StandardCharsets.US_ASCII);
        try (var parser = new PEMParser(new StringReader(text))) {
            var converter = new JcaPEMKeyConverter();
            return switch (parser.readObject()) {
                case PEMKeyPair pair -> converter.getKeyPair(pair).getPrivate();
                case PrivateKeyInfo info -> converter.getPrivateKey(info);
                case null, default -> throw new IOException("client-key-data is not a plain key");
            };
        }
    }
}
