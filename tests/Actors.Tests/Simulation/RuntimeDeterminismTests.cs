using System.Diagnostics;
using Runner.Simulation.Runtime.Check;

namespace Runner.Actors.Tests.Simulation;

/// <summary>Akka.NET in a simulated world repeats itself: persistent actors with timers on a journal that answers later and fails.</summary>
public sealed class RuntimeDeterminismTests
{
    private const int Actors = 50;

    [Fact]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another()
    {
        var first = Run(1);

        Assert.Equal(first, Run(1));
        Assert.NotEqual(first.Hash, Run(2).Hash);
    }

    [Fact]
    public void Worlds_side_by_side_do_not_disturb_each_other()
    {
        var alone = Enumerable.Range(1, 4).Select(seed => Run((ulong)seed)).ToArray();
        var beside = new (ulong Hash, long Steps)[8];
        var threads = Enumerable.Range(0, beside.Length).Select(i => new Thread(() => beside[i] = Run((ulong)(i % alone.Length) + 1))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal([.. alone, .. alone], beside);
    }

    [Fact]
    public async Task Another_process_gives_the_same_trace()
    {
        var outputs = await Task.WhenAll(RunElsewhere(3), RunElsewhere(3), RunElsewhere(4));

        Assert.Equal(outputs[0], outputs[1]);
        Assert.NotEqual(outputs[0], outputs[2]);
    }

    private static (ulong Hash, long Steps) Run(ulong seed)
    {
        var check = new RuntimeCheck(seed, Actors);
        check.Run(4, TimeSpan.FromSeconds(5));
        return (check.Hash, check.Steps);
    }

    /// <summary>The hash and the number of steps.</summary>
    private static async Task<string> RunElsewhere(ulong seed)
    {
        // With these tests' own assemblies: what lies beside them is what they need, not what the program would need alone.
        var tests = Path.ChangeExtension(typeof(RuntimeDeterminismTests).Assembly.Location, null);
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json",
                typeof(RuntimeCheck).Assembly.Location, "--runtime", $"{seed}",
            },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Split(" steps")[0];
    }
}
