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

/// Where requests go, from a kubeconfig that embeds its keys.
///
/// @param name in the results
record ApiTarget(String name, URI server, SSLContext tls) {
    static ApiTarget read(String name, Path kubeconfig)
            throws IOException, GeneralSecurityException {
        var loaded =
                new Load(LoadSettings.builder().build())
                        .loadFromString(Files.readString(kubeconfig));
        var cluster = first(loaded, "clusters", "cluster");
        var user = first(loaded, "users", "user");
        var trusted = KeyStore.getInstance("JKS");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate(cluster, "certificate-authority-data"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var own = KeyStore.getInstance("JKS");
        own.load(null, null);
        own.setKeyEntry(
                "admin",
                key(bytes(user, "client-key-data")),
                new char[0],
                new Certificate[] {certificate(user, "client-certificate-data")});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return new ApiTarget(name, URI.create((String) cluster.get("server")), tls);
    }

    private static Map<?, ?> first(Object config, String list, String part) {
        var entry = (Map<?, ?>) ((List<?>) ((Map<?, ?>) config).get(list)).getFirst();
        return (Map<?, ?>) entry.get(part);
    }

    private static byte[] bytes(Map<?, ?> map, String key) {
        return Base64.getDecoder().decode((String) map.get(key));
    }

    private static Certificate certificate(Map<?, ?> map, String key)
            throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(bytes(map, key)));
    }

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
