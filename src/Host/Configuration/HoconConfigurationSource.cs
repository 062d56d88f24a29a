using System.Globalization;
using Runner.Hocon;

namespace Runner.Host.Configuration;

/// <summary>HOCON as an ordinary configuration source: keys are paths with ':', an array's items go by number, null is null.</summary>
internal sealed class HoconConfigurationSource(Func<HoconObject> load) : IConfigurationSource
{
    /// <summary>A file of this machine.</summary>
    public static HoconConfigurationSource FromFile(string path) => new(() => HoconLoader.Load(path));

    /// <inheritdoc/>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(load);
}

/// <summary>Loads anew whenever it is told to; a file that is wrong is a <see cref="HoconException"/>, and what was loaded before stays.</summary>
internal sealed class HoconConfigurationProvider(Func<HoconObject> load) : ConfigurationProvider
{
    /// <inheritdoc/>
    public override void Load()
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Flatten(load(), "", data);
        Data = data;
    }

    private static void Flatten(HoconValue value, string path, Dictionary<string, string?> data)
    {
        switch (value)
        {
            case HoconObject { Fields: var fields }:
                foreach (var (key, field) in fields)
                {
                    Flatten(field, Join(path, key), data);
                }

                break;
            case HoconArray { Items: var items }:
                for (var i = 0; i < items.Count; i++)
                {
                    Flatten(items[i], Join(path, i.ToString(CultureInfo.InvariantCulture)), data);
                }

                break;
            case HoconScalar scalar:
                data[path] = scalar.Kind == HoconKind.Null ? null : scalar.Text;
                break;
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);
}
