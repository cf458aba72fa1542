package dev.ordinal.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

class LifetimeTest {
    private final Lifetime life = new Lifetime();

    @Test
    void loopsEndBeforeWhatTheyUse() throws Exception {
        List<String> ended = new ArrayList<>();
        life.own(() -> ended.add("store"));
        var begun = new CountDownLatch(1);
        life.run(
                "loop",
                () -> {
                    begun.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } finally {
                        ended.add("loop");
                    }
                });
        begun.await();
        life.close();
        assertThat(ended).containsExactly("loop", "store");
    }

    @Test
    void aLoopThatHasEndedIsForgotten() throws Exception {
        int many = 100;
        var done = new CountDownLatch(many);
        for (int i = 0; i < many; i++) life.run("loop", done::countDown);
        done.await();
        while (life.owned() > 0) Thread.onSpinWait();
        life.close();
    }

    @Test
    void theFirstFailureIsToldAndTheRestCloses() {
        List<String> ended = new ArrayList<>();
        life.own(() -> ended.add("store"));
        life.own(
                () -> {
                    throw new IllegalStateException("no");
                });
        assertThat(catchThrowable(life::close))
                .isInstanceOf(IOException.class)
                .hasMessage("not closed cleanly: no");
        assertThat(ended).containsExactly("store");
    }
}
