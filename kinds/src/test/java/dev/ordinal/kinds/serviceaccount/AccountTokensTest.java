package dev.ordinal.kinds.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// What a token says, who can check it, and when it holds no more.
class AccountTokensTest {
    private final TestCluster cluster = new TestCluster(1);
    private final AccountTokens tokens = cluster.access.tokens();

    @BeforeEach
    void account() {
        cluster.create(Types.SERVICE_ACCOUNTS, "default", "{'metadata':{'name':'web'}}");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private String token(String spec) {
        var request = TestCluster.json("{'spec':%s}".formatted(spec));
        return requested(request).at("/status/token").asText();
    }

    private JsonNode requested(com.fasterxml.jackson.databind.node.ObjectNode request) {
        return cluster.api
                .create(
                        Types.SERVICE_ACCOUNTS,
                        "default",
                        "web",
                        "token",
                        new Api.Body.Tree(request),
                        WriteOptions.by("test"))
                .object()
                .tree();
    }

    private String refusal(String token) {
        var answer = tokens.user(token, List.of());
        assertThat(answer.user()).isNull();
        return answer.error();
    }

    private Stored pod() {
        return cluster.create(
                Types.PODS,
                "default",
                "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'web','nodeName':'n',"
                        + "'automountServiceAccountToken':false,"
                        + "'containers':[{'name':'c','image':'i'}]}}");
    }

    private static JsonNode claims(String token) {
        return Jwt.claims(token).orElseThrow();
    }

    @Rule("api 10.3")
    @Test
    void itSaysWhoseItIsAndHowLongItHolds() {
        var claims = claims(token("{'expirationSeconds':700}"));
        assertThat(claims.path("sub").asText()).isEqualTo("system:serviceaccount:default:web");
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(700);
        assertThat(claims.path("aud").toString()).isEqualTo("[\"" + AccountTokens.ISSUER + "\"]");
        assertThat(claims.path("kubernetes.io").path("serviceaccount").has("uid")).isTrue();
        assertThat(claims.path("kubernetes.io").has("warnafter")).isFalse();
    }

    @Rule("api 10.3")
    @Test
    void thatOfAPodLivesForAYearAndNamesTheNode() {
        pod();
        var bound = "'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'p'}";
        var claims = claims(token("{'expirationSeconds':3607," + bound + "}"));
        long issued = claims.path("iat").asLong();
        assertThat(claims.path("exp").asLong() - issued).isEqualTo(365L * 24 * 3600);
        assertThat(claims.at("/kubernetes.io/warnafter").asLong() - issued).isEqualTo(3607);
        assertThat(claims.at("/kubernetes.io/node/name").asText()).isEqualTo("n");
        assertThat(claims.at("/kubernetes.io/pod/name").asText()).isEqualTo("p");
        claims = claims(token("{'expirationSeconds':3600," + bound + "}"));
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3600);
    }

    @Rule("api 10.3")
    @Test
    void itEndsInTime() {
        var token = token("{'expirationSeconds':600}");
        assertThat(tokens.user(token, List.of()).user()).isNotNull();
        cluster.now = cluster.now.plus(Duration.ofSeconds(661));
        assertThat(refusal(token)).isEqualTo("service account token has expired");
    }

    @Rule("api 10.3")
    @Test
    void itEndsWithItsAccount() {
        var token = token("{}");
        cluster.api.delete(Types.SERVICE_ACCOUNTS, "default", "web", DeleteOptions.DEFAULT);
        assertThat(refusal(token)).isEqualTo("serviceaccounts \"web\" not found");
        account();
        assertThat(refusal(token))
                .matches("service account UID \\(.*\\) does not match claim \\(.*\\)");
    }

    @Rule("api 10.3")
    @Test
    void itEndsWithItsPod() {
        pod();
        var token = token("{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'p'}}");
        assertThat(tokens.user(token, List.of()).user()).isNotNull();
        cluster.stopped("p");
        assertThat(refusal(token)).isEqualTo("service account token has been invalidated");
        pod();
        assertThat(refusal(token))
                .matches("pod UID \\(.*\\) does not match service account pod ref claim \\(.*\\)");
    }

    @Rule("api 10.3")
    @Test
    void oneOfAnotherKeyOrChangedIsNobodys() {
        var token = token("{}");
        var parts = token.split("\\.", -1);
        var claims = (com.fasterxml.jackson.databind.node.ObjectNode) claims(token).deepCopy();
        claims.put("exp", Long.MAX_VALUE);
        var longer =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(claims.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(refusal(parts[0] + "." + longer + "." + parts[2])).contains("cryptographic");
        try (var other = new TestCluster(2)) {
            other.create(Types.SERVICE_ACCOUNTS, "default", "{'metadata':{'name':'web'}}");
            assertThat(other.access.tokens().user(token, List.of()).error())
                    .isEqualTo("invalid signature, no keys found");
        }
        assertThat(refusal("some words")).isEmpty();
    }

    @Rule("api 10.3")
    @Test
    void othersCanCheckIt() throws Exception {
        var token = token("{}");
        var document = tokens.documents().get("/openid/v1/jwks");
        var key = new ObjectMapper().readTree(document).path("keys").get(0);
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        var point = new ECPoint(number(key.path("x")), number(key.path("y")));
        var curve = parameters.getParameterSpec(ECParameterSpec.class);
        var check = Signature.getInstance("SHA256withECDSAinP1363Format");
        check.initVerify(
                KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve)));
        int dot = token.lastIndexOf('.');
        check.update(token.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
        assertThat(check.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1)))).isTrue();
        assertThat(Map.copyOf(tokens.documents()))
                .containsOnlyKeys("/openid/v1/jwks", "/.well-known/openid-configuration");
    }

    private static BigInteger number(JsonNode text) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(text.asText()));
    }
}
