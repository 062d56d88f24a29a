namespace Runner.Client.DeploymentFiles;

/// <summary>One file as it is read: takes what is wrong and remembers where each field stands.</summary>
internal sealed class FileScope(string file)
{
    private readonly List<DeploymentFileProblem> _problems = [];
    private readonly Dictionary<string, (int Line, int Column)> _places = new(StringComparer.Ordinal);

    /// <summary>As it was named.</summary>
    public string File => file;

    public IReadOnlyList<DeploymentFileProblem> Problems => _problems;

    public IReadOnlyDictionary<string, (int Line, int Column)> Places => _places;

    public void Note(string field, int line, int column) => _places.TryAdd(field, (line, column));

    public void Problem(int line, int column, string field, string message) =>
        _problems.Add(new DeploymentFileProblem(new SourceLocation(file, line, column, field), message));

    public void Problem(YamlItem at, string field, string message) => Problem(at.Line, at.Column, field, message);

    /// <summary>Says what was expected and what is there.</summary>
    public void Expected(YamlItem there, string field, string expected) => Problem(there, field, $"expected {expected}; there is {there.Described}");
}
