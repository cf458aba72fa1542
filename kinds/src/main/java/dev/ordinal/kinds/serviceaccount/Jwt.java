package dev.ordinal.kinds.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Json;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.Optional;

/// JSON web tokens signed by one key of the curve P-256.
///
/// @see "RFC 7515, 7517, 7518: ES256"
final class Jwt {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final String ALGORITHM = "SHA256withECDSAinP1363Format";
    private static final int COORDINATE_BYTES = 32;

    private final KeyPair keys;
    private final String keyId;

    Jwt(KeyPair keys) {
        this.keys = keys;
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(keys.getPublic().getEncoded());
            keyId = ENCODER.encodeToString(digest);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String sign(ObjectNode claims) {
        var header = JsonNodeFactory.instance.objectNode().put("alg", "ES256").put("kid", keyId);
        var text = encoded(header) + "." + encoded(claims);
        try {
            var signature = Signature.getInstance(ALGORITHM);
            signature.initSign(keys.getPrivate());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + ENCODER.encodeToString(signature.sign());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String encoded(ObjectNode tree) {
        return ENCODER.encodeToString(tree.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// What a token says, whoever has signed it. Empty: it is no token of this form.
    static Optional<JsonNode> claims(String token) {
        var parts = token.split("\\.", -1);
        if (parts.length != 3) return Optional.empty();
        try {
            return Optional.of(Json.MAPPER.readTree(Base64.getUrlDecoder().decode(parts[1])))
                    .filter(JsonNode::isObject);
        } catch (IOException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Whether the token names another key than ours.
    boolean isOfAnotherKey(String token) {
        try {
            var header =
                    Json.MAPPER.readTree(Base64.getUrlDecoder().decode(token.split("\\.", 2)[0]));
            var named = header.path("kid").asText();
            return !named.isEmpty() && !named.equals(keyId);
        } catch (IOException | IllegalArgumentException _) {
            return false;
        }
    }

    /// Whether our key has signed it.
    boolean isSigned(String token) {
        int dot = token.lastIndexOf('.');
        try {
            var signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(keys.getPublic());
            signature.update(token.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
            return signature.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1)));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            return false;
        }
    }

    /// The key as others read it.
    ObjectNode publicKey() {
        var point = ((ECPublicKey) keys.getPublic()).getW();
        return JsonNodeFactory.instance
                .objectNode()
                .put("use", "sig")
                .put("kty", "EC")
                .put("kid", keyId)
                .put("crv", "P-256")
                .put("alg", "ES256")
                .put("x", coordinate(point.getAffineX()))
                .put("y", coordinate(point.getAffineY()));
    }

    private static String coordinate(BigInteger number) {
        var bytes = number.toByteArray();
        var fixed = new byte[COORDINATE_BYTES];
        int length = Math.min(bytes.length, COORDINATE_BYTES);
        System.arraycopy(bytes, bytes.length - length, fixed, COORDINATE_BYTES - length, length);
        return ENCODER.encodeToString(fixed);
    }
}
