package dev.ordinal.node.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

class BalancerTest {
    private static final InetAddress CLIENT = InetAddress.ofLiteral("10.244.0.2");
    private static final InetAddress OTHER = InetAddress.ofLiteral("10.244.0.3");
    private static final InetSocketAddress A = at("10.244.0.5");
    private static final InetSocketAddress B = at("10.244.0.6");
    private static final InetSocketAddress C = at("10.244.0.7");

    private Instant now = Instant.EPOCH;
    private final Balancer balancer = new Balancer(() -> now);

    private static InetSocketAddress at(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 8080);
    }

    private void endpoints(Duration affinity, InetSocketAddress... endpoints) {
        balancer.update(new Target(List.of(endpoints), Set.of(endpoints), affinity));
    }

    private InetSocketAddress connect(InetAddress client) {
        var first = balancer.order(client).getFirst();
        balancer.connected(client, first);
        return first;
    }

    @Rule("services 7.4")
    @Test
    void connectionsGoToAllEndpointsAlike() {
        endpoints(Duration.ZERO, A, B, C);
        Set<InetSocketAddress> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) seen.add(connect(CLIENT));
        assertThat(seen).containsExactlyInAnyOrder(A, B, C);
    }

    @Rule("services 7.5")
    @Test
    void aClientStaysWithItsEndpoint() {
        endpoints(Duration.ofSeconds(10), A, B, C);
        var mine = connect(CLIENT);
        connect(OTHER);
        for (int i = 0; i < 5; i++) {
            now = now.plusSeconds(9);
            assertThat(connect(CLIENT)).as("each connection refreshes").isEqualTo(mine);
        }
    }

    @Rule("services 7.5")
    @Test
    void anEndpointIsForgottenInTimeOrWhenItGoes() {
        endpoints(Duration.ofSeconds(10), A, B);
        var mine = connect(CLIENT);
        now = now.plusSeconds(10);
        assertThat(connect(CLIENT)).as("too late").isNotEqualTo(mine);
        endpoints(Duration.ofSeconds(10), A);
        assertThat(connect(CLIENT)).isEqualTo(A);
        endpoints(Duration.ofSeconds(10), B);
        assertThat(connect(CLIENT)).as("gone").isEqualTo(B);
        endpoints(Duration.ofSeconds(10), A, B);
        endpoints(Duration.ZERO, A, B);
        assertThat(Set.of(connect(CLIENT), connect(CLIENT)))
                .as("affinity is off")
                .containsExactlyInAnyOrder(A, B);
    }

    @Rule("services 7.6")
    @Test
    void withoutEndpointsNobodyListens() {
        endpoints(Duration.ZERO, A);
        assertThat(balancer.open()).isTrue();
        endpoints(Duration.ZERO);
        assertThat(balancer.open()).isFalse();
        assertThat(balancer.order(CLIENT)).isEmpty();
    }
}
