package dev.ordinal.kinds.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.Api;
import dev.ordinal.api.Registry;
import dev.ordinal.api.Stored;
import dev.ordinal.api.StoredCodec;
import dev.ordinal.store.MemoryStore;
import dev.ordinal.store.Store;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

class ServiceAddressesTest {
    private final Store<Stored> store = MemoryStore.open(new StoredCodec(), 1_000);
    private final Registry api = start("10.0.0.0/26", 30_031);

    private Registry start(String cidr, int lastPort) {
        var addresses = new ServiceAddresses(cidr, 30_000, lastPort);
        var registry =
                new Registry(
                        List.of(Services.KIND),
                        List.of(addresses),
                        store,
                        () -> Instant.EPOCH,
                        new Random(1));
        addresses.load(registry);
        return registry;
    }

    private Stored create(Registry in, int number, String spec) {
        var body =
                "{'metadata':{'name':'s%d'},'spec':{%s,'ports':[{'port':80}]}}"
                        .formatted(number, spec);
        return in.create(
                        Services.KIND.type(),
                        "default",
                        new Api.Body.Text(
                                body.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                                "application/json"),
                        Api.WriteOptions.by("test"))
                .object();
    }

    private int lastByte(int number) {
        var address =
                create(api, number, "'type':'ClusterIP'").tree().at("/spec/clusterIP").asText();
        assertThat(address).startsWith("10.0.0.");
        return Integer.parseInt(address.substring("10.0.0.".length()));
    }

    @Rule("services 4.1")
    @Test
    void addressesComeFromTheUpperPartUntilItIsFull() {
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 46; i++) given.add(lastByte(i));
        assertThat(given).hasSize(46).allMatch(b -> b > 16 && b < 63);
        for (int i = 46; i < 62; i++) given.add(lastByte(i));
        assertThat(given).hasSize(62).doesNotContain(0, 63);
        assertThatThrownBy(() -> lastByte(62))
                .hasMessageContaining(
                        "failed to allocate a serviceIP for Service \"s62\": range is full");
    }

    @Rule("services 4.4")
    @Test
    void nodePortsComeFromTheUpperPartUntilItIsFull() {
        for (int i = 0; i < 32; i++) {
            var service = create(api, i, "'type':'NodePort'").tree();
            int port = service.at("/spec/ports/0/nodePort").asInt();
            assertThat(port).isBetween(i < 16 ? 30_016 : 30_000, i < 16 ? 30_031 : 30_015);
        }
        assertThatThrownBy(() -> create(api, 32, "'type':'NodePort'"))
                .hasMessageContaining("failed to allocate a nodePort: range is full");
    }

    @Rule("services 4.10")
    @Test
    void whatIsStoredIsTakenAfterAStart() {
        create(
                api,
                1,
                "'type':'LoadBalancer','clusterIP':'10.0.0.5','externalTrafficPolicy':'Local',"
                        + "'healthCheckNodePort':30001");
        var later = start("10.0.0.0/26", 30_031);
        assertThatThrownBy(() -> create(later, 2, "'clusterIP':'10.0.0.5'"))
                .hasMessageContaining("provided IP is already allocated");
        assertThatThrownBy(
                        () ->
                                create(
                                        later,
                                        2,
                                        "'type':'LoadBalancer','externalTrafficPolicy':'Local',"
                                                + "'healthCheckNodePort':30001"))
                .hasMessageContaining("HealthCheck NodePort 30001: provided port is already");
    }
}
