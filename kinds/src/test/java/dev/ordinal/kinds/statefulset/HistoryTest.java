package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final String TEMPLATE =
            "{\"metadata\":{\"annotations\":{\"test\":\"value\"},\"labels\":{\"app\":\"foo\"}},\"spec\":{\"containers\":[{\"image\":\"test\",\"imagePullPolicy\":\"Always\",\"name\":\"test\",\"resources\":{},\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"}],\"dnsPolicy\":\"ClusterFirst\",\"restartPolicy\":\"Always\",\"schedulerName\":\"default-scheduler\",\"securityContext\":{},\"terminationGracePeriodSeconds\":30}}";

    @Test
    void hashesAsUpstreamDoes() throws Exception {
        var data = History.canonical(History.data(new ObjectMapper().readTree(TEMPLATE)));

        assertThat(data).hasSize(432);
        assertThat(History.hash(data, 0)).isEqualTo("776999688b");
    }

    @Test
    void escapesAsGoDoes() throws Exception {
        var node = new ObjectMapper().readTree("{\"b\":\"<&>\",\"a\":\"\\u2028\"}");

        assertThat(History.canonical(node))
                .isEqualTo("{\"a\":\"\\u2028\",\"b\":\"\\u003c\\u0026\\u003e\"}");
    }
}
