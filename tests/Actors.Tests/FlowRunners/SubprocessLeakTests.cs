using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>Counts what belongs to the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class SubprocessLeakTests : IDisposable
{
    /// <summary>What the test host may open meanwhile.</summary>
    private const int Margin = 10;

    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Two_thousand_programs_leave_no_descriptor_and_no_zombie()
    {
        using var runner = new SubprocessFlowRunner(_shop.Options);
        var first = await FirstStart(runner);
        await Run(runner, 50);
        var before = Descriptors();
        await Run(runner, 1900);
        await Stop(runner, 100);
        Settles(() => !Targets()
            .Any(target => target.Contains("pidfd", StringComparison.Ordinal) || target.StartsWith(_shop.Data, StringComparison.Ordinal)));
        Settles(() => Descriptors() <= before + Margin);
        Settles(() => Zombies(first).Count == 0, () => string.Join(' ', Zombies(first)));
    }

    [Fact]
    public void A_disposed_flow_runner_leaves_no_descriptor()
    {
        Cycle();
        var before = Descriptors();
        for (var i = 0; i < 10 * Margin; i++)
        {
            Cycle();
        }

        Settles(() => Descriptors() <= before + Margin);

        void Cycle()
        {
            var runner = new SubprocessFlowRunner(_shop.Options);
            runner.Dispose();
            runner.Dispose();
        }
    }

    private async Task Run(SubprocessFlowRunner runner, int count)
    {
        for (var i = 0; i < count; i += 10)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async j =>
            {
                var recorder = new Recorder();
                runner.Start(_shop.Spec(j == 9 ? "/no/such/program" : "/bin/true"), recorder);
                await recorder.WhenLast();
            }));
        }
    }

    private async Task Stop(SubprocessFlowRunner runner, int count)
    {
        var runs = Enumerable.Range(0, count)
            .Select(_ => (Spec: _shop.Shell("sleep 600 & setsid sleep 600 & wait"), Recorder: new Recorder())).ToList();
        foreach (var (spec, recorder) in runs)
        {
            runner.Start(spec, recorder);
            await recorder.WhenStarted();
            runner.Stop(spec.Key, StopSignal.Kill);
        }

        foreach (var (_, recorder) in runs)
        {
            await recorder.WhenEnded();
        }
    }

    /// <summary>What is left stays; the last of what is given back may be given back a moment after it was reported.</summary>
    /// <param name="left">What is left, for the message; null for the descriptors.</param>
    private static void Settles(Func<bool> isSo, Func<string>? left = null) => Assert.True(
        SpinWait.SpinUntil(isSo, TimeSpan.FromMinutes(1)), $"left: {left?.Invoke() ?? string.Join('\n', Targets())}");

    private static int Descriptors() => Targets().Count;

    private static List<string> Targets() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget ?? string.Empty)];

    /// <summary>When the first program of this test began, in the system's ticks.</summary>
    private async Task<long> FirstStart(SubprocessFlowRunner runner)
    {
        var recorder = new Recorder();
        runner.Start(_shop.Spec("/bin/true"), recorder);
        return (await recorder.WhenStarted()).StartTime;
    }

    /// <summary>
    /// Children that have ended and that nobody has asked for, of this test alone: one that an earlier test has left, by ending a node as a SIGKILL
    /// would, is nobody's to reap in this process.
    /// </summary>
    private static List<string> Zombies(long since) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)
           let pid = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
           where ProcFiles.ReadStat(pid) is { IsDead: true } stat && stat.Parent == Environment.ProcessId && stat.StartTime >= since
           select $"{pid}, begun at {ProcFiles.ReadStat(pid)?.StartTime}",
    ];
}
