using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Client.Tests.DeploymentFiles;

public sealed class DeploymentFileWriterTests : IDisposable
{
    private const int Seeds = 500;

    private static readonly string[] Pieces =
    [
        "", " ", "  ", "a", "Z", "0", "9", "-", "- ", ":", ": ", "#", " #", "?", "? ", "!", "!!str", "&a", "*a", "|", ">", "%", "@", "`", "'", "\"",
        "\\", "\\n", "{", "}",
        "[", "]", ",", "\n", "\r", "\r\n", "\t", "\u0001", "\u001b[31m", "\u007f", "\u0085", "\u00a0", "\u00ad", "\u2028", "\u2029", "\ufeff",
        "\ufffd", "é", "ß", "中", "😀",
        "\U0010ffff", "null", "~", "true", "No", "yes", "on", ".inf", ".nan", "-.inf", "0x1f", "0o17", "012", "1e3", "+1", "1_000", "2026-01-01",
        "2026-01-01T00:00:00Z", "10s", "---", "...", "<<", "=", "{{ parameters.x }}", "$HOME", "/bin/sh", "a b", "x: y", "end ", " begin",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_reads_back_as_it_was_whatever_stands_in_it()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Dice(seed);
            ImmutableArray<DeploymentSpec> specs = [.. Enumerable.Range(0, 1 + random.Of(3)).Select(n => Spec(random, n))];
            var limits = Enumerable.Range(0, random.Of(3))
                .ToImmutableSortedDictionary(
                    n => ((string[])["null", "1.5", "-", "database"])[n], n => 1 + random.Of(1_000_000), StringComparer.Ordinal);

            var (path, text) = Write(limits, specs);
            var read = Load(path, seed, text);

            Assert.Equal(limits.AsEnumerable(), read.Limits.AsEnumerable());
            Assert.Equal(specs.Length, read.Specs.Length);
            foreach (var (expected, actual) in specs.Zip(read.Specs))
            {
                Assert.True(
                    JsonElement.DeepEquals(Json(expected), Json(actual)),
                    $"seed {seed}:\n{text}\nexpected {Json(expected)}\nread     {Json(actual)}");
            }
        }
    }

    [Fact]
    public void A_file_in_which_nothing_is_declared_can_be_read()
    {
        var read = Load(Write(ImmutableSortedDictionary<string, int>.Empty, []).Path, 0, "");

        Assert.Empty(read.Specs);
        Assert.Empty(read.Limits);
    }

    /// <summary>A later version may know more words: what it wrote is exported all the same, and refused by name where it is read.</summary>
    [Fact]
    public void A_word_that_nobody_knows_is_written_as_its_number()
    {
        var spec = new DeploymentSpec { Name = "a/b", Command = ["x"], Workdir = "/", CatchUp = (CatchUpPolicy)7 };

        Assert.Contains("catchup: 7\n", Write(ImmutableSortedDictionary<string, int>.Empty, [spec]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_for_people_to_read_too()
    {
        var spec = new DeploymentSpec
        {
            Name = "hello/world", Command = ["echo", "hello world", "50%"], Workdir = "/srv/it", Tags = ["demo"], Paused = true,
            Schedules = [new ScheduleSpec { Cron = "0 4 * * sun", Timezone = "Europe/Berlin" }],
        };

        Assert.Equal(
            """
            limits:
              database: 2
            deployments:
              - name: hello/world
                tags: [demo]
                command: [echo, hello world, "50%"]
                workdir: /srv/it
                schedules: [{cron: "0 4 * * sun", timezone: Europe/Berlin}]
                paused: true

            """.ReplaceLineEndings("\n"),
            Write(ImmutableSortedDictionary<string, int>.Empty.Add("database", 2), [spec]).Text);
    }

    private (string Path, string Text) Write(ImmutableSortedDictionary<string, int> limits, ImmutableArray<DeploymentSpec> specs)
    {
        using var text = new StringWriter();
        var writer = new DeploymentFileWriter(text);
        writer.Write(limits);
        foreach (var spec in specs)
        {
            writer.Write(spec);
        }

        writer.End(limits);
        return (_folder.Write("written.yaml", text.ToString()), text.ToString());
    }

    private static DeploymentFile Load(string path, int seed, string text)
    {
        try
        {
            return DeploymentFile.Load([path], FileBounds.Exported);
        }
        catch (DeploymentFileException e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{text}", e);
        }
    }

    private static JsonElement Json(DeploymentSpec spec) => JsonSerializer.SerializeToElement(spec, MessagesJson.Default.DeploymentSpec);

    private static DeploymentSpec Spec(Dice random, int n) =>
        random.Of(4) == 0 ? Any(random, n) with { Command = [], Shell = Text(random) } : Any(random, n);

    private static DeploymentSpec Any(Dice random, int n) => new()
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"{random.One("flow", "null", "1.5", "-a", "_")}/{n}"),
        Description = random.Maybe(() => Text(random)),
        Version = random.Maybe(() => Text(random)),
        Tags = random.Many(() => Text(random)),
        Command = ["x" + Text(random), .. random.Many(() => Text(random))],
        Workdir = random.One("/", "/srv", "/srv/", "/a/../b", "/x y/z", "/" + Text(random)),
        Env = random.Many(() => "V" + Text(random).Replace('=', '-')).Distinct()
            .ToImmutableSortedDictionary(k => k, k => random.Maybe(() => Value(random)), StringComparer.Ordinal),
        Parameters = Parameters(random),
        ParameterSchema = random.Maybe(() => (JsonElement?)JsonSerializer.SerializeToElement(
            Parameters(random), MessagesJson.Default.ImmutableSortedDictionaryStringJsonElement)),
        EnforceParameterSchema = random.One((bool?)null, true, false),
        Schedules = random.Many(() => Bounded(random, random.Of(2) == 0
            ? new ScheduleSpec { Interval = Time(random), Anchor = random.Maybe(() => (DateTimeOffset?)DateTimeOffset.UnixEpoch.AddTicks(
                random.Of(int.MaxValue) * 12_345_677L)), Parameters = Parameters(random), Id = random.Maybe(() => Text(random)) }
            : random.Of(2) == 0
            ? new ScheduleSpec
            {
                Cron = "0 4 * * sun", Timezone = random.Maybe(() => "Europe/Berlin"), Active = random.One((bool?)null, true, false),
                DayOr = random.One((bool?)null, true, false), Parameters = Parameters(random)
            }
            : new ScheduleSpec { Rrule = random.One(
                "FREQ=DAILY", "DTSTART;TZID=Europe/Paris:20260101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR\n", Text(random)) })),
        CatchUpLimit = random.Maybe(() => (int?)random.Of(1_000_001)),
        CatchUp = random.One(CatchUpPolicy.All, CatchUpPolicy.Latest, CatchUpPolicy.None),
        Concurrency = random.Maybe(() => new ConcurrencySpec(1 + random.Of(1_000), random.One(OnFull.Queue, OnFull.CancelNew, OnFull.CancelRunning))),
        Limits = random.Many(() => random.One("database", "null", "1", "-", "a.b")),
        Retries = random.One(
            RetrySpec.None,
            new RetrySpec
            {
                Count = random.Of(1_001), Delay = Time(random), Backoff = 1 + (random.Of(990) / 10.0), MaxDelay = Time(random),
                Jitter = random.Of(1_000) / 1_000.0, On = random.Maybe(() => (ImmutableArray<string>?)["75", "SIGKILL", Text(random)]),
                NotOn = random.Maybe(() => (ImmutableArray<string>?)["2"])
            },
            new RetrySpec { Count = random.Of(3), Delays = random.Many(() => Time(random)), Backoff = 1.0 / 3 + 1 }),
        SuccessCodes = random.Maybe(() => (ImmutableArray<int>?)[0, random.Of(256)]),
        Timeout = random.Maybe(() => (TimeSpan?)Time(random)),
        StopGrace = random.Maybe(() => (TimeSpan?)Time(random)),
        Retention = random.Maybe(
            () => new RetentionSpec(random.Maybe(() => (TimeSpan?)Time(random)), random.Maybe(() => (long?)random.Of(1_000_000_001)))),
        Priority = random.Of(2_001) - 1_000,
        Paused = random.Of(2) == 0,
        User = random.Maybe(() => Text(random)),
    };

    private static EnvValue Value(Dice random) => random.Of(4) switch
    {
        0 => new EnvValue.FromEnv("V" + Text(random)),
        1 => new EnvValue.FromFile("/" + Text(random)),
        2 => new EnvValue.FromCommand(["x", .. random.Many(() => Text(random))]),
        _ => Text(random),
    };

    private static ScheduleSpec Bounded(Dice random, ScheduleSpec schedule) => schedule with
    {
        End = random.Maybe(() => (DateTimeOffset?)DateTimeOffset.UnixEpoch.AddTicks(random.Of(int.MaxValue) * 12_345_677L)),
        MaxRuns = random.Maybe(() => (long?)random.Of(1_000_000_001)),
        Jitter = random.Maybe(() => (TimeSpan?)Time(random)),
    };

    private static string Text(Dice random)
    {
        var text = new StringBuilder();
        for (var n = random.Of(5); n >= 0; n--)
        {
            text.Append(random.One(Pieces));
        }

        // Now and then longer than a line, a plain key or a buffer.
        return random.Of(40) == 0 ? string.Concat(Enumerable.Repeat(text.ToString() + " x", 700)) : text.ToString();
    }

    private static TimeSpan Time(Dice random) =>
        new(random.One(0, 1, 9_999, TimeSpan.TicksPerMillisecond, 86_399_999, random.Of(int.MaxValue)) * random.One(1, 1_000, 36_000_007L));

    private static ImmutableSortedDictionary<string, JsonElement> Parameters(Dice random) =>
        random.Many(() => Text(random)).Distinct().ToImmutableSortedDictionary(k => k, _ => Value(random, 0), StringComparer.Ordinal);

    private static JsonElement Value(Dice random, int depth)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            Write(random, writer, depth);
        }

        return JsonElement.Parse(bytes.ToArray());
    }

    private static void Write(Dice random, Utf8JsonWriter writer, int depth)
    {
        switch (depth > 6 ? random.Of(4) : random.Of(6))
        {
            case 0:
                writer.WriteStringValue(Text(random) + random.One("", "\0"));
                break;
            case 1:
                writer.WriteRawValue(random.One("0", "-0", "1", "-12345678901234567890123", "1.50", "1e5", "1E-7", "-0.0e+3", "123456789.000001"));
                break;
            case 2:
                writer.WriteBooleanValue(random.Of(2) == 0);
                break;
            case 3:
                writer.WriteNullValue();
                break;
            case 4:
                writer.WriteStartArray();
                for (var n = random.Of(4); n > 0; n--)
                {
                    Write(random, writer, depth + 1);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStartObject();
                foreach (var name in random.Many(() => Text(random)).Distinct())
                {
                    writer.WritePropertyName(name);
                    Write(random, writer, depth + 1);
                }

                writer.WriteEndObject();
                break;
        }
    }

    /// <summary>The same numbers for the same seed, on every version of .NET.</summary>
    private sealed class Dice(int seed)
    {
        private ulong _state = ((ulong)seed * 0x9e3779b97f4a7c15) + 1;

        public int Of(int below)
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            return (int)((_state >> 11) % (ulong)below);
        }

        public T One<T>(params T[] choices) => choices[Of(choices.Length)];

        public T? Maybe<T>(Func<T> value) => Of(2) == 0 ? default : value();

        public ImmutableArray<T> Many<T>(Func<T> value) => [.. Enumerable.Range(0, Of(4)).Select(_ => value())];
    }
}
