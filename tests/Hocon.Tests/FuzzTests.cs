using System.Diagnostics;
using System.Globalization;

namespace Runner.Hocon.Tests;

/// <summary>
/// Malformed input ends in the typed error, or in a value; soon, and in nothing else. <c>RUNNER_FUZZ_INPUTS</c> says how many are tried.
/// </summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    private static int Inputs =>
        int.TryParse(Environment.GetEnvironmentVariable("RUNNER_FUZZ_INPUTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count : 20_000;

    [Fact(Timeout = 3_600_000)]
    public Task Mutated_texts_throw_nothing_but_the_typed_error() => Task.Run(() =>
    {
        var (good, slowest) = (0, TimeSpan.Zero);
        for (var i = 0; i < Inputs; i++)
        {
            var text = new Mutations(i).Next();
            var begun = Stopwatch.GetTimestamp();
            good += Survives(text, i) ? 1 : 0;
            var took = Stopwatch.GetElapsedTime(begun);
            slowest = took > slowest ? took : slowest;
        }

        Assert.True(slowest < Soon, $"an input took {slowest}");

        // Else the mutations would no longer reach what comes after parsing.
        Assert.InRange(good, Inputs / 20, Inputs * 19 / 20);
        Console.WriteLine($"{Inputs} inputs, of which {good} are right; the slowest took {slowest.TotalMilliseconds:0} ms");
    });

    [Fact]
    public void Conversions_of_any_text_throw_nothing_but_the_typed_error()
    {
        string[] pieces =
        [
            "0", "1", "9", "99999999999999999999", ".", "-", "+", "e", "E", "e28", "e-400", "e999", " ", "\u00A0", "ms", "s", "d", "w", "y", "mo",
            "K", "KiB", "YB", "EiB", "true", "on", "null", "é", "\ud800", ""
        ];
        Action<HoconValue>[] conversions =
        [
            v => v.AsString(), v => v.AsLong(), v => v.AsBoolean(), v => v.AsDuration(), v => v.AsSize(), v => v.AsList(), v => v.AsObject(),
        ];
        var random = new Random(1);
        for (var i = 0; i < Inputs; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => pieces[random.Next(pieces.Length)]));
            var value = new HoconScalar(default, HoconKind.String, text);
            foreach (var convert in conversions)
            {
                var thrown = Record.Exception(() => convert(value));
                Assert.True(thrown is null or HoconException, $"'{text}': {thrown}");
            }
        }
    }

    private static bool Survives(string text, int seed)
    {
        var options = new HoconOptions
        {
            File = "/conf/main.conf",
            Includes = new MemoryFiles(
                ("/conf/self.conf", text), ("/conf/b.conf", "x=1,y=${x},z=${?a}"), ("/conf/b.json", "{\"x\":2}"),
                ("/conf/b.properties", text.Replace('{', '.'))),
            Environment = name => name is "A" or "L_0" or "L_1" ? "v" : null,
            MaxExpansion = 200_000,
        };
        try
        {
            var value = HoconDocument.ParseText(text, options).Root;
            var json = value.ToJson(indented: seed % 2 == 0);
            Assert.Equal(json, HoconDocument.ParseText(json).Root.ToJson(indented: seed % 2 == 0));
            return true;
        }
        catch (HoconException e)
        {
            Assert.False(string.IsNullOrEmpty(e.Problem));
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"input {seed}: {text}", e);
        }
    }
}
