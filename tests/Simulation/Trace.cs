using System.Globalization;

namespace Runner.Simulation;

/// <summary>What happened, line by line: the last lines for people, and a hash of all of them that says whether two runs were the same.</summary>
/// <param name="echo">Gets every line; null for none.</param>
internal sealed class Trace(Action<string>? echo)
{
    private const int Kept = 60;
    private const ulong Prime = 1099511628211;

    private readonly Queue<string> _last = new(Kept + 1);

    /// <summary>FNV-1a over every line.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Lines { get; private set; }

    public IReadOnlyCollection<string> Last => _last;

    public void Add(TimeSpan at, string line)
    {
        Lines++;
        var text = string.Create(CultureInfo.InvariantCulture, $"{at:d\\.hh\\:mm\\:ss\\.fff} {line}");
        var hash = Hash;
        foreach (var c in text)
        {
            hash = (hash ^ c) * Prime;
        }

        Hash = hash;
        _last.Enqueue(text);
        if (_last.Count > Kept)
        {
            _last.Dequeue();
        }

        echo?.Invoke(text);
    }
}
