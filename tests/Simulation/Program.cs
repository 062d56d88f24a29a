using System.Diagnostics;
using System.Globalization;
using Runner.Simulation;
using Runner.Simulation.Runtime.Check;

// Exit codes: 0 every invariant held, 1 one did not, 2 the command line is wrong.
if (args is ["--runtime", var number] && ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
{
    Console.WriteLine(RuntimeCheck.Measure(seed));
    return 0;
}

if (CommandLine.Parse(args) is not { } command)
{
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

if (command.Record is { } folder)
{
    foreach (var name in Recorder.Record(command.From, command.Options, folder))
    {
        Console.WriteLine(name);
    }

    return 0;
}

var watch = Stopwatch.StartNew();
var total = new Statistics();
var simulated = TimeSpan.Zero;
var done = 0;
var failures = 0;
var gate = new Lock();
Seeds.Run(command.From, command.Count, command.Parallel, command.Options, result =>
{
    lock (gate)
    {
        done++;
        total.Add(result.Statistics);
        simulated += result.Simulated;
        if (result.Violation is not null)
        {
            failures++;
            Console.WriteLine(result.Describe(command.Options));
        }
        else if (command.Count == 1)
        {
            Console.WriteLine(result.Describe(command.Options));
        }

        if (!Console.IsOutputRedirected && done % 10 == 0)
        {
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"\r{done}/{command.Count} seeds, {done / watch.Elapsed.TotalSeconds:0.0}/s "));
        }
    }

    return failures < command.MostFailures;
});
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{done} seeds, {failures} failed; {simulated.TotalDays:0.0} simulated days in {watch.Elapsed.TotalSeconds:0.0} s "
    + $"({done / watch.Elapsed.TotalSeconds:0.00} seeds/s); {total.Steps} steps, {total.Commits} commits, {total.Requests} requests, "
    + $"{total.Runs} runs, {total.Processes} processes, {total.Erased} deleted runs, {total.Kills} kills, {total.Stops} stops, {total.Faults} store "
    + $"faults, {total.ClockSteps} clock steps, {total.Lost} messages lost, {total.Doubled} doubled, {total.Late} late, {total.Twins} twins"
    + $"{OfCluster()}"));
return failures == 0 ? 0 : 1;

string OfCluster() => command.Options.Nodes is null ? "" : string.Create(
    CultureInfo.InvariantCulture,
    $"; {total.Joins} joins, {total.Parted} parted with, {total.Pauses} pauses, {total.Cuts} cuts, "
        + $"{total.LeasesLost} times leases lost, {total.Drained} drained, {total.Moves} moves, {total.Crossings} messages between nodes, "
        + $"{total.LostWithNode} attempts lost with their node");
