using System.Text;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Serialization;

namespace Runner.Client.Tests.DeploymentFiles;

public sealed class DeploymentFileFuzzTests : IDisposable
{
    private const int Inputs = 5_000;

    private const string Good =
        """
        # A file with a little of everything.
        deployments:
          - &first
            name: hello/every-10s
            description: >
              Says hello,
              twice.
            version: "1"
            tags: [demo, 'it''s']
            command: &c [python3, hello.py, --name, "{{ parameters.name }}\n\u00e9"]
            workdir: .
            env: {GREETING: hi, PORT: 8080, GONE: null}
            parameters:
              name: world
              n: -1.5e3
              list: [1, 0x1f, {a: ~}]
              text: |
                block
                more
            schedules:
              - {interval: 10s, anchor: 2026-01-01T00:00:00Z}
              - {cron: "0 4 * * sun", timezone: Europe/Berlin, parameters: {name: sunday}, active: true}
            catchup: latest
            concurrency: {limit: 1, on_full: queue}
            limits: [database]
            retries: {count: 3, delay: 10s, backoff: 2.0, max_delay: 5m, jitter: 0.1}
            timeout: 1h
          - name: b/c
            command: *c
            retries: {delays: [1s, 2s]}
            paused: false
        """;

    private static readonly string[] Pieces =
    [
        "[", "]", "{", "}", ":", ": ", "- ", "\n", "\n  ", "\t", "&a ", "*a", "*c", "!!str ", "!x ", "'", "\"", "\\", "\\U0011FFFF", "\\uD800", "\0",
        "|", ">", "%", "---\n", "...\n", "? ", "#", ",", "~", "null", "<<: *first", ".inf", "0x", "99999999999999999999999", "-", "é", "\uFEFF",
        "\u2028", "1e999", "10s", "name: hello/every-10s\n", "deployments:", "`", "@", "\u0085", "2026-99-99T00:00:00Z",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_that_is_damaged_is_right_at_first() =>
        Assert.Equal(2, DeploymentFile.Load(_folder.Write("good.yaml", Good)).Specs.Length);

    [Fact]
    public void No_file_however_damaged_is_anything_but_read_or_refused_with_places()
    {
        var (read, refused) = (0, 0);
        for (var seed = 0; seed < Inputs; seed++)
        {
            var bytes = Damaged(seed);
            var path = _folder.Write("fuzz.yaml", bytes);
            try
            {
                // What was read has to be sendable too.
                System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                    DeploymentFile.Load(path).Specs, MessagesJson.Default.ImmutableArrayDeploymentSpec);
                read++;
            }
            catch (DeploymentFileException e)
            {
                Assert.All(e.Problems, p => Assert.True(p.At.Line >= 1 && p.At.Column >= 1 && p.Message.Length > 0, $"seed {seed}: {p}"));
                Assert.NotEmpty(e.Problems);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }

        // Neither all whole nor all broken: else the damage would test nothing.
        Assert.InRange(read, Inputs / 20, Inputs);
        Assert.InRange(refused, Inputs / 2, Inputs);
    }

    private static byte[] Damaged(int seed)
    {
        var random = new Seeded((ulong)seed);
        var text = new StringBuilder(Good);
        for (var n = 1 + random.Below(4); n > 0; n--)
        {
            var at = random.Below(text.Length);
            switch (random.Below(5))
            {
                case 0:
                    text.Insert(at, Pieces[random.Below(Pieces.Length)]);
                    break;
                case 1:
                    text.Remove(at, Math.Min(1 + random.Below(20), text.Length - at - 1));
                    break;
                case 2:
                    text[at] = (char)random.Below(128);
                    break;
                case 3:
                    text.Insert(random.Below(text.Length), text.ToString(at, Math.Min(random.Below(60), text.Length - at)));
                    break;
                default:
                    text.Length = Math.Max(1, at);
                    break;
            }
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (random.Below(10) == 0)
        {
            bytes[random.Below(bytes.Length)] = (byte)random.Below(256);
        }

        return bytes;
    }

    /// <summary>SplitMix64: the same numbers from the same seed on every machine.</summary>
    private struct Seeded(ulong seed)
    {
        private ulong _state = seed;

        public int Below(int bound)
        {
            _state += 0x9E3779B97F4A7C15;
            var z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)bound);
        }
    }
}
