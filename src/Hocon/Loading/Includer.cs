using Runner.Hocon.Syntax;

namespace Runner.Hocon.Loading;

/// <summary>Loads what includes name, within the limits; one for a whole configuration.</summary>
internal sealed class Includer(HoconOptions options)
{
    private static readonly string[] Schemes = ["http:", "https:", "ftp:", "file:", "jar:"];

    private readonly List<string> _chain = [];
    private int _count;

    public HoconOptions Options { get; } = options;

    /// <summary>The root file.</summary>
    /// <exception cref="HoconException">It is not there, or wrong.</exception>
    public Node LoadRoot(string path)
    {
        var origin = new HoconOrigin(path, 0, 0);
        var bytes = Read(origin, path) ?? throw new HoconException(origin, "there is no such file", "a file that can be read");
        return Parse(new FileText(path, bytes), Locate(origin, Path.GetFileName(path), path), Place.Root);
    }

    /// <summary>The roots of the files that a statement names, in the order in which they merge; none if they are missing.</summary>
    public IReadOnlyList<ObjectNode> Include(IncludeStatement statement, string includingFile, Place place)
    {
        Refuse(statement);
        var names = FileText.HasExtension(statement.Name)
            ? [statement.Name]
            : FileText.Extensions.Select(e => statement.Name + e).ToArray();
        var roots = new List<ObjectNode>();
        foreach (var name in names)
        {
            if (Load(statement, name, includingFile, place) is { } root)
            {
                roots.Add(root);
            }
        }

        return roots.Count > 0 || !statement.IsRequired ? roots
            : throw new HoconException(
                statement.Origin, $"the required file '{statement.Name}' does not exist",
                $"one of {string.Join(", ", names)} beside {includingFile}");
    }

    private static void Refuse(IncludeStatement statement)
    {
        if (statement.Function == "classpath")
        {
            throw new HoconException(statement.Origin, "classpath includes need a Java runtime", "file(\"…\")");
        }

        if (statement.Function == "url"
            || (statement.Function is null && Schemes.Any(s => statement.Name.StartsWith(s, StringComparison.OrdinalIgnoreCase))))
        {
            throw new HoconException(
                statement.Origin, $"'{statement.Name}' is a URL, and those are not included: settings come from files alone", "file(\"…\")");
        }
    }

    private ObjectNode? Load(IncludeStatement statement, string name, string includingFile, Place place)
    {
        var location = Locate(statement.Origin, name, includingFile);
        if (Read(statement.Origin, location) is not { } bytes)
        {
            return null;
        }

        if (_chain.Contains(location))
        {
            throw new HoconException(
                statement.Origin,
                $"the files include one another in a circle: {string.Join(" -> ", _chain.SkipWhile(l => l != location).Append(location))}");
        }

        if (_chain.Count > Options.MaxIncludeDepth || ++_count > Options.MaxIncludes)
        {
            throw new HoconException(
                statement.Origin, "too many files include one another",
                $"at most {Options.MaxIncludeDepth} in a chain and {Options.MaxIncludes} in all");
        }

        return Parse(new FileText(location, bytes), location, place) as ObjectNode
            ?? throw new HoconException(statement.Origin, $"the included file '{location}' holds an array", "an object");
    }

    private Node Parse(FileText file, string location, Place place)
    {
        _chain.Add(location);
        var node = file.IsProperties
            ? PropertiesFile.Parse(file.Decode(), file.Name, place.Depth, Options)
            : new Parser(file.IsJson ? file.DecodeJson(Options.MaxNesting) : file.Decode(), file.Name, place, this).Parse();
        _chain.RemoveAt(_chain.Count - 1);
        return node;
    }

    private string Locate(HoconOrigin origin, string name, string includingFile) =>
        Try(origin, name, () => Options.Includes.Locate(name, includingFile));

    private byte[]? Read(HoconOrigin origin, string location) => Try(origin, location, () => Options.Includes.Read(location));

    private static T Try<T>(HoconOrigin origin, string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HoconException(origin, $"'{name}' cannot be read ({e.Message.TrimEnd('.')})", "a file that can be read", e);
        }
    }
}
