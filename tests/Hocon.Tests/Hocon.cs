using System.Text;
using Runner.Hocon.Loading;

namespace Runner.Hocon.Tests;

/// <summary>What the tests of the rules share.</summary>
internal static class Hocon
{
    /// <summary>A text's value as compact JSON.</summary>
    public static string Json(string text, params (string Name, string Value)[] variables) =>
        HoconDocument.ParseText(text, With(variables)).Root.ToJson();

    public static HoconObject Object(string text, params (string Name, string Value)[] variables) =>
        HoconDocument.ParseText(text, With(variables)).Object;

    /// <summary>The error of a text that is wrong.</summary>
    public static HoconException Error(string text) => Assert.Throws<HoconException>(() => HoconDocument.ParseText(text));

    /// <summary>Asserts that a text means what a JSON text says.</summary>
    public static void Means(string text, string json) => Assert.Equal(json.Replace('\'', '"'), Json(text));

    private static HoconOptions With((string Name, string Value)[] variables) =>
        new() { Environment = name => variables.FirstOrDefault(v => v.Name == name).Value };
}

/// <summary>Files in memory, under /conf.</summary>
internal sealed class MemoryFiles : IIncludeResolver
{
    private readonly Dictionary<string, byte[]> _files = [];

    public MemoryFiles(params (string Path, string Text)[] files) => Array.ForEach(files, f => _files.Add(f.Path, Encoding.UTF8.GetBytes(f.Text)));

    public List<string> Asked { get; } = [];

    public string Locate(string name, string includingFile) => Path.GetFullPath(name, Path.GetDirectoryName(includingFile)!);

    public byte[]? Read(string location)
    {
        Asked.Add(location);
        return _files.GetValueOrDefault(location);
    }

    public void Add(string path, byte[] bytes) => _files.Add(path, bytes);

    public string Load(string path = "/conf/main.conf") => HoconLoader.Load(path, this, _ => null).ToJson();

    /// <summary>Files of which the first is loaded.</summary>
    public static void Mean(string json, params (string Path, string Text)[] files) =>
        Assert.Equal(json.Replace('\'', '"'), new MemoryFiles(files).Load(files[0].Path));

    public static HoconException Error(params (string Path, string Text)[] files) =>
        Assert.Throws<HoconException>(() => new MemoryFiles(files).Load(files[0].Path));
}
