package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;

class PodLimitsTest {
    private static JsonNode pod(String spec) throws Exception {
        return new ObjectMapper().readTree("{\"spec\":%s}".formatted(spec.replace('\'', '"')));
    }

    @Test
    void anOrdinaryPodHasNone() throws Exception {
        var pod =
                pod(
                        "{'hostPID':false,'containers':[{'name':'c','ports':[{'containerPort':80}],'volumeMounts':[{'name':'v'}]}]}");
        assertThat(PodLimits.refused(pod)).isEmpty();
        assertThat(PodLimits.reported(pod)).isEmpty();
    }

    @Test
    void whatWouldChangeThePodIsRefused() throws Exception {
        assertThat(
                        PodLimits.refused(
                                pod(
                                        "{'hostPID':true,'hostUsers':false,'containers':[{'ports':[{'hostPort':80}]},{'securityContext':{'privileged':true}}]}")))
                .containsExactly(
                        "spec.hostPID",
                        "spec.hostUsers",
                        "spec.containers[0].ports.hostPort",
                        "spec.containers[1].securityContext.privileged");
    }

    @Test
    void whatWouldHardenItIsReported() throws Exception {
        assertThat(
                        PodLimits.reported(
                                pod(
                                        "{'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}},'containers':[{'securityContext':{'seLinuxOptions':{}}}]}")))
                .containsExactly(
                        "spec.securityContext.seccompProfile",
                        "spec.containers[0].securityContext.seLinuxOptions");
    }
}
