/*
 * The Kafka Streams peer on the common workload, which common_work.py describes: the outputs are the same bytes.
 *
 * Exactly once (exactly_once_v2), state in memory with a changelog; what isn't set here is Kafka Streams' default.
 * Arguments: bootstrap servers, topic prefix, name of the run, file of literals, state folder, number of threads.
 * It works until SIGTERM, then closes in order.
 */

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.hankcs.algorithm.AhoCorasickDoubleArrayTrie;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Builds the topology and runs it. */
public final class CommonStreams {
    private static final long WINDOW_S = 600;
    private static final int BUSY_POSTS = 5;
    private static final String WINDOWS = "windows";
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private CommonStreams() {}

    /** What a post says. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Data(String body, String thread) {}

    /** The fields that are read of a post. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Post(String subject, String time, Data data) {}

    /** What is sent on: the numbers of the literals found, ascending, and the posts in the window. */
    record Seen(String author, String thread, String time, Set<Integer> found, int posts) {}

    /** One partition's work: its state is the store, its outputs go to the sink. */
    static final class Screening implements Processor<String, byte[], String, byte[]> {
        private static final JsonMapper JSON = new JsonMapper();
        private static final ObjectReader POSTS = JSON.readerFor(Post.class);
        private static final ObjectWriter SEEN = JSON.writerFor(Seen.class);

        private final AhoCorasickDoubleArrayTrie<Integer> literals;
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, byte[]> windows;

        Screening(AhoCorasickDoubleArrayTrie<Integer> literals) {
            this.literals = literals;
        }

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            this.windows = context.getStateStore(WINDOWS);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                Post post = POSTS.readValue(record.value());
                Instant time = Instant.parse(post.time());
                byte[] window = add(windows.get(record.key()), time.getEpochSecond());
                windows.put(record.key(), window);
                Set<Integer> found = find(post.data().body().toLowerCase(Locale.ROOT));
                int posts = window.length / Long.BYTES;
                if (!found.isEmpty() || posts >= BUSY_POSTS) {
                    Seen seen = new Seen(post.subject(), post.data().thread(), time.toString(), found, posts);
                    context.forward(record.withValue(SEEN.writeValueAsBytes(seen)));
                }
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }

        /** The numbers of the literals that occur. */
        private Set<Integer> find(String text) {
            if (!literals.matches(text)) {
                return Set.of();
            }
            Set<Integer> found = new TreeSet<>();
            literals.parseText(text, (begin, end, number) -> {
                found.add(number);
            });
            return found;
        }

        /** A window of times without those that have passed, and with one more. */
        private static byte[] add(byte[] window, long at) {
            byte[] old = window == null ? new byte[0] : window;
            ByteBuffer times = ByteBuffer.wrap(old);
            int begin = 0;
            while (begin < old.length && times.getLong(begin) <= at - WINDOW_S) {
                begin += Long.BYTES;
            }
            byte[] kept = Arrays.copyOfRange(old, begin, old.length + Long.BYTES);
            ByteBuffer.wrap(kept).putLong(kept.length - Long.BYTES, at);
            return kept;
        }
    }

    /** Reads the literals, one a line; a literal's number is its line's, from 0. */
    private static AhoCorasickDoubleArrayTrie<Integer> read(Path path) throws IOException {
        List<String> lines = Files.readAllLines(path, StandardCharsets.UTF_8);
        TreeMap<String, Integer> numbers = new TreeMap<>();
        for (int number = 0; number < lines.size(); number++) {
            numbers.put(lines.get(number), number);
        }
        AhoCorasickDoubleArrayTrie<Integer> literals = new AhoCorasickDoubleArrayTrie<>();
        literals.build(numbers);
        return literals;
    }

    private static Topology topology(String prefix, String name, AhoCorasickDoubleArrayTrie<Integer> literals) {
        var text = Serdes.String();
        var bytes = Serdes.ByteArray();
        return new Topology()
                .addSource("posts", text.deserializer(), bytes.deserializer(), prefix + "posts")
                .addProcessor("screening", () -> new Screening(literals), "posts")
                .addStateStore(
                        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(WINDOWS), text, bytes), "screening")
                .addSink("out", prefix + name + "-out", text.serializer(), bytes.serializer(), "screening");
    }

    private static Properties settings(String[] given) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, given[1] + given[2]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, given[4]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, given[5]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
        return settings;
    }

    /** Works until SIGTERM; exits with 1 when a thread fails. */
    public static void main(String[] given) throws Exception {
        Topology topology = topology(given[1], given[2], read(Path.of(given[3])));
        CountDownLatch failed = new CountDownLatch(1);
        KafkaStreams streams = new KafkaStreams(topology, settings(given));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            failed.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(CLOSE_TIMEOUT)));
        streams.start();
        failed.await();
        System.exit(1);
    }
}
