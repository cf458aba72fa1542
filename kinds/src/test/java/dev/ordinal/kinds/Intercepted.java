package dev.ordinal.kinds;

import dev.ordinal.api.Api;
import dev.ordinal.api.GroupVersionResource;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/// An API that tells a test of each call before it is made; the test may refuse it.
public final class Intercepted {
    private Intercepted() {}

    /// Hears of a call, e.g. `create pods`; what it throws is the answer.
    @FunctionalInterface
    public interface Listener {
        void before(String call);
    }

    public static Api api(Api api, Listener listener) {
        return (Api)
                Proxy.newProxyInstance(
                        Api.class.getClassLoader(),
                        new Class<?>[] {Api.class},
                        (_, method, args) -> {
                            if (args != null && args[0] instanceof GroupVersionResource type) {
                                listener.before(method.getName() + " " + type.resource());
                            }
                            try {
                                return method.invoke(api, args);
                            } catch (InvocationTargetException thrown) {
                                throw thrown.getCause();
                            }
                        });
    }
}
