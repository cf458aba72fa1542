package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.control.Types;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/// When a pod's volume shows another token.
class TokenMountTest {
    private final TestApi cluster = new TestApi();
    private final TokenMount mount = new TokenMount(cluster.api, cluster.clock());
    private JsonNode pod;

    @BeforeEach
    void pod() {
        cluster.create(Types.SERVICE_ACCOUNTS, "{'metadata':{'name':'web'}}");
        cluster.create(
                Types.PODS,
                "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'web',"
                        + "'containers':[{'name':'c','image':'i'}]}}");
        pod = cluster.get(Types.PODS, "p");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private String token() throws IOException {
        var source = "{\"path\":\"token\",\"expirationSeconds\":1000}";
        return mount.token(pod, new ObjectMapper().readTree(source));
    }

    private String uid() {
        return pod.at("/metadata/uid").asText();
    }

    @Rule({"api 10.3", "pods 7.8"})
    @Test
    void itStaysForFourFifthsOfItsLife() throws Exception {
        var first = token();
        cluster.pass(Duration.ofSeconds(799));
        assertThat(token()).isEqualTo(first);
        cluster.pass(Duration.ofSeconds(1));
        var second = token();
        assertThat(second).isNotEqualTo(first);
        assertThat(token()).isEqualTo(second);
    }

    @Rule({"api 10.3", "pods 7.8"})
    @Test
    void itTellsWhenAnotherIsNeeded() throws Exception {
        assertThat(mount.renewal(uid())).isEmpty();
        var now = cluster.clock().instant();
        token();
        assertThat(mount.renewal(uid())).contains(now.plusSeconds(800));
        mount.release(uid());
        assertThat(mount.renewal(uid())).isEmpty();
    }

    @Rule({"api 10.3", "pods 7.8"})
    @Test
    void oneThatLivesLongIsRenewedEveryDay() {
        var begin = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(TokenMount.renewal(begin, begin.plus(Duration.ofDays(365))))
                .isEqualTo(begin.plus(Duration.ofDays(1)));
    }

    @Rule("api 10.3")
    @Test
    void oneThatCannotBeRenewedGoesOnToItsEnd() throws Exception {
        var first = token();
        cluster.delete(Types.SERVICE_ACCOUNTS, "web");
        cluster.pass(Duration.ofSeconds(900));
        assertThat(token()).isEqualTo(first);
        assertThat(mount.renewal(uid())).contains(cluster.clock().instant().plusSeconds(10));
        cluster.pass(Duration.ofSeconds(100));
        assertThatThrownBy(this::token).hasMessage("serviceaccounts \"web\" not found");
    }
}
