using System.Globalization;
using Serilog;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// This machine's wall clock beside the database's, which all nodes of a cluster have in common: schedules go by the one, and whichever node has a
/// deployment looks at its own. Leases are not touched by it: each clock measures only what passes.
/// </summary>
public sealed class DatabaseClock
{
    /// <summary>From here on a difference is said. Clocks that are looked after differ by less than a second.</summary>
    public static readonly TimeSpan Noticed = TimeSpan.FromSeconds(5);

    /// <summary>From here on no node joins.</summary>
    public static readonly TimeSpan Refused = TimeSpan.FromMinutes(1);

    private readonly string _database;
    private readonly ILogger _log;
    private long _ahead;
    private int _level;

    internal DatabaseClock(string database, ILogger log) => (_database, _log) = (database, log);

    /// <summary>By how much this machine's clock is ahead of the database's, at least; less than zero if it is behind.</summary>
    public TimeSpan Ahead => TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    /// <summary>Whether a node with this clock would do at the wrong time what others leave to it.</summary>
    public bool IsWrong => LevelOf(Ahead) == 2;

    /// <summary>What is wrong and what to do about it; null if the clocks are at one.</summary>
    public string? Trouble => LevelOf(Ahead) == 0 ? null
        : $"The clock of this machine is {Words(Ahead)} that of {_database}: schedules would be followed at the wrong time. Set right whichever is "
            + "wrong, and have it looked after (such as by chrony or systemd-timesyncd).";

    /// <summary>The database has said what time it is.</summary>
    /// <param name="asked">This machine's time before it was asked.</param>
    /// <param name="answered">This machine's time when it had answered.</param>
    internal void Read(DateTimeOffset asked, DateTimeOffset answered, DateTime now)
    {
        // It read its clock somewhere between the two, so that what lies between them is no difference.
        var said = new DateTimeOffset(now);
        var ahead = said < asked ? asked - said : said > answered ? answered - said : TimeSpan.Zero;
        Interlocked.Exchange(ref _ahead, ahead.Ticks);
        int level = LevelOf(ahead), before = Interlocked.Exchange(ref _level, level);
        if (level > before)
        {
            _log.Warning("{Trouble:l}", Trouble);
        }
        else if (level == 0 && before > 0)
        {
            _log.Information("The clocks of this machine and of {Database:l} are at one again", _database);
        }
    }

    private static int LevelOf(TimeSpan ahead) => ahead.Duration() >= Refused ? 2 : ahead.Duration() >= Noticed ? 1 : 0;

    private static string Words(TimeSpan ahead)
    {
        var much = TimeSpan.FromSeconds(Math.Round(ahead.Duration().TotalSeconds));
        string[] parts =
        [
            .. Part(much.Days, "d"), .. Part(much.Hours, "h"), .. Part(much.Minutes, "min"), .. Part(much.Seconds, "s"),
        ];
        return $"{string.Join(' ', parts)} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")}";
    }

    private static string[] Part(int number, string unit) => number == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{number} {unit}")];
}
