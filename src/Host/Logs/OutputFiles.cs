using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>Where the output of attempts lies: <c>DATA/output/LAST-2-HEX-OF-RUN/RUN.ATTEMPT.stdout|.stderr</c>, as the flow runner writes it.</summary>
/// <param name="dataDirectory">An absolute path.</param>
internal sealed class OutputFiles(string dataDirectory)
{
    private readonly string _root = Path.Combine(dataDirectory, "output");

    /// <summary>The file of a stream; it need not be there.</summary>
    public string PathOf(Guid run, int attempt, LogStream stream)
    {
        var id = run.ToString("D");
        return Path.Combine(_root, id[^2..], $"{id}.{attempt}.{(stream == LogStream.Stdout ? "stdout" : "stderr")}");
    }
}
