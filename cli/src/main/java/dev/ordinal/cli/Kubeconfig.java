package dev.ordinal.cli;

import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// The way to a cluster as the server wrote it down: address, authority, and an administrator's
/// key.
record Kubeconfig(URI server, SSLContext tls) {
    /// Other types encrypt what never leaves memory.
    private static final String IN_MEMORY = "JKS";

    /// What PKCS #8 puts before a key of the curve P-256 that has its public half with it.
    private static final String PKCS8_HEAD =
            "308193020100301306072a8648ce3d020106082a8648ce3d0301070479";

    /// @throws IOException there is none; the message says what to do
    static Kubeconfig read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(
                    "no cluster in %s: `ordinal up` starts one".formatted(file.getParent()));
        }
        var loaded =
                new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        var cluster = part(loaded, "clusters", "cluster");
        var user = part(loaded, "users", "user");
        try {
            var factory = CertificateFactory.getInstance("X.509");
            var trusted = KeyStore.getInstance(IN_MEMORY);
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "ca", certificate(factory, text(cluster, "certificate-authority-data")));
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var own = KeyStore.getInstance(IN_MEMORY);
            own.load(null, null);
            var key =
                    KeyFactory.getInstance("EC")
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(
                                            wrapped(pem(text(user, "client-key-data")))));
            own.setKeyEntry(
                    "admin",
                    key,
                    new char[0],
                    new Certificate[] {
                        certificate(factory, text(user, "client-certificate-data"))
                    });
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return new Kubeconfig(URI.create(text(cluster, "server")), context);
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

    private static Certificate certificate(CertificateFactory factory, String data)
            throws GeneralSecurityException {
        return factory.generateCertificate(
                new ByteArrayInputStream(Base64.getDecoder().decode(data)));
    }

    /// The key of a curve as the server writes it (RFC 5915), in the form that Java reads (PKCS
    // #8).
    private static byte[] wrapped(byte[] key) {
        var head = HexFormat.of().parseHex(PKCS8_HEAD);
        var wrapped = Arrays.copyOf(head, head.length + key.length);
        System.arraycopy(key, 0, wrapped, head.length, key.length);
        return wrapped;
    }

    private static byte[] pem(String data) {
        var text = new String(Base64.getDecoder().decode(data), StandardCharsets.US_ASCII);
        return Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", ""));
    }
}
