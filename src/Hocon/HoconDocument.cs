using Runner.Hocon.Loading;
using Runner.Hocon.Resolution;
using Runner.Hocon.Syntax;

namespace Runner.Hocon;

/// <summary>A text of HOCON, parsed and resolved.</summary>
public sealed class HoconDocument
{
    private HoconDocument(HoconValue root) => Root = root;

    /// <summary>An object, or an array.</summary>
    public HoconValue Root { get; }

    /// <summary>The root, which has to be an object.</summary>
    /// <exception cref="HoconException">It is an array.</exception>
    public HoconObject Object => Root.AsObject();

    /// <summary>Parses and resolves a text.</summary>
    /// <exception cref="HoconException">It is wrong; nothing else is thrown for any text.</exception>
    public static HoconDocument ParseText(string text, HoconOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= new HoconOptions();
        return new HoconDocument(Resolver.Resolve(new Parser(text, options.File, Place.Root, new Includer(options)).Parse(), options));
    }

    /// <summary>
    /// Reads a file by its extension: <c>.json</c>, <c>.properties</c>, any other is HOCON. Its name is <paramref name="path"/> in errors.
    /// </summary>
    /// <param name="options"><see cref="HoconOptions.File"/> is not read.</param>
    /// <exception cref="HoconException">It is missing, cannot be read, or is wrong.</exception>
    public static HoconDocument Load(string path, HoconOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new HoconDocument(Resolver.Resolve(new Includer(options).LoadRoot(path), options));
    }
}

/// <summary>Loads settings from files.</summary>
public static class HoconLoader
{
    /// <summary>A file's object, resolved.</summary>
    /// <param name="includes">Reads the file and what it includes; null for those of this machine.</param>
    /// <param name="environment">Where substitutions look last; null for the process's environment.</param>
    /// <exception cref="HoconException">It is missing, cannot be read, is wrong, or holds an array.</exception>
    public static HoconObject Load(string path, IIncludeResolver? includes = null, Func<string, string?>? environment = null) =>
        HoconDocument.Load(path, new HoconOptions
        {
            Includes = includes ?? FileIncludes.Instance,
            Environment = environment ?? Environment.GetEnvironmentVariable,
        }).Object;
}
