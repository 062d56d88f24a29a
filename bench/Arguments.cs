using System.Globalization;

namespace Runner.Bench;

/// <summary>The command line of the bench: names, and numbers with a flag before them.</summary>
internal static class Arguments
{
    /// <exception cref="FormatException">What follows a flag is no number.</exception>
    public static (string[] Names, Dictionary<string, double> Numbers) Read(string[] args, params (string Flag, double Default)[] flags)
    {
        var numbers = flags.ToDictionary(f => f.Flag, f => f.Default);
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (numbers.ContainsKey(args[i]))
            {
                var flag = args[i];
                numbers[flag] = double.Parse(++i < args.Length ? args[i] : "", CultureInfo.InvariantCulture);
            }
            else
            {
                names.Add(args[i]);
            }
        }

        return ([.. names], numbers);
    }
}
