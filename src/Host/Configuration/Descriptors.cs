using System.Globalization;
using Runner.Host.Http;
using Runner.Host.Screen;
using Serilog.Events;

namespace Runner.Host.Configuration;

/// <summary>
/// Shares the descriptors of this process out. The runtime has raised the soft limit to the hard one before any code of ours runs, so what
/// the system gives is what there is: first what the node itself needs, then connections for commands, then programs, then followers.
/// </summary>
internal static class Descriptors
{
    /// <summary>The runtime's own files, the store's, spares, and programs that are just being started.</summary>
    private const int ForTheNode = 288;
    private const int LeastReserve = 32;
    private const int FewFollowers = 1_000;
    private const int LeastFollowers = 8;

    /// <summary>A connection, the two output files it reads, and the two that are looked at for it.</summary>
    private const int ForAFollower = 5;

    /// <summary>The two files of output that the console reads of each of the first programs.</summary>
    private const int ForAShownProgram = 2;

    /// <param name="open">How many descriptors this process may have; null if nobody knows.</param>
    /// <param name="say">Told what does not fit, and what to do, in sentences; a warning if it is programs, or many of the followers.</param>
    /// <returns>What the API takes and how many programs run at once, so that the node never runs out.</returns>
    public static (ApiLoad Load, int Programs) Share(long? open, NodeOptions options, Action<LogEventLevel, string> say)
    {
        var wanted = new ApiLoad(options.MaxPendingCommands, options.MaxFollowers, ApiLoad.UsualReserve);
        if (open is not { } there || there >= Needed(wanted, options.ProcessLimit))
        {
            return (wanted, options.ProcessLimit);
        }

        var reserve = (int)Math.Clamp((there - ForTheNode) / 4, LeastReserve, wanted.Reserve);
        var least = Math.Min(LeastFollowers, wanted.Followers);
        var programs = ProgramsIn(there - ForTheNode - reserve - (least * ForAFollower), options.ProcessLimit);
        var followers = (int)Math.Clamp((there - ForTheNode - reserve - Of(programs)) / ForAFollower, least, wanted.Followers);
        var isMuch = programs < options.ProcessLimit || followers < Math.Min(FewFollowers, wanted.Followers);
        say(isMuch ? LogEventLevel.Warning : LogEventLevel.Information, string.Create(
            CultureInfo.InvariantCulture,
            $"This process may open {there} files, and a limit of {options.ProcessLimit} programs with {options.MaxFollowers} followers may need "
            + $"{Needed(wanted, options.ProcessLimit)}: {programs} programs run, {followers} followers and {reserve} other connections are taken at "
            + $"once. Raise the limit of open files (LimitNOFILE, ulimit -n), or lower runner.limit or runner.max-followers."));
        return (wanted with { Reserve = reserve, Followers = followers }, programs);
    }

    /// <summary>What <c>/proc/self/limits</c> says; null where there is none or no limit.</summary>
    public static long? OfThisProcess()
    {
        const string Name = "Max open files";
        const string Limits = "/proc/self/limits";
        var line = File.Exists(Limits) ? File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        var soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var open) ? open : null;
    }

    private static long Needed(ApiLoad load, int programs) => ForTheNode + load.Reserve + Of(programs) + ((long)load.Followers * ForAFollower);

    /// <summary>What programs take: one to watch each with, and what their output is shown with.</summary>
    private static long Of(int programs) => programs + ((long)ForAShownProgram * Math.Min(programs, RunFeed.MostFollowed));

    private static int ProgramsIn(long descriptors, int atMost)
    {
        const int Shown = RunFeed.MostFollowed;
        var programs = descriptors >= Of(Shown) ? descriptors - (ForAShownProgram * Shown) : descriptors / (1 + ForAShownProgram);
        return (int)Math.Clamp(programs, 1, atMost);
    }
}
