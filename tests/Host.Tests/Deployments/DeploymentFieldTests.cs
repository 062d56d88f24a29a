using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runner.Actors.Deployments;
using Runner.Cli.Commands;
using Runner.Host.Http.OpenApi;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Tests.Deployments;

/// <summary>Whoever adds a field of a deployment says once what it is; what does not follow from that is named here.</summary>
public sealed class DeploymentFieldTests
{
    /// <summary>What a run does not need of its deployment: it is the deployment's own, or the run has it elsewhere.</summary>
    private static readonly string[] OfTheDeployment =
    [
        "name", "description", "version", "tags", "parameters", "parameter_schema", "enforce_parameter_schema", "schedules", "catchup",
        "catchup_limit", "retention", "priority", "paused",
    ];

    /// <summary>Fields without which there is no deployment, limit or schedule: no file leaves them out.</summary>
    private static readonly string[] Required =
        ["name", "command", "workdir", "concurrency.limit", "schedules.interval", "schedules.cron", "schedules.rrule"];

    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (part, _, _, fields) in DeclaredFields.Parts)
            {
                foreach (var known in fields)
                {
                    data.Add(part, known.Name);
                }
            }

            return data;
        }
    }

    [Fact]
    public void Every_property_in_JSON_is_a_field_and_every_field_a_property()
    {
        foreach (var (part, _, json, fields) in DeclaredFields.Parts)
        {
            var properties = json.Properties.Select(p => p.Name).Order(StringComparer.Ordinal);
            Assert.Equal(properties, fields.Select(f => f.JsonName).Order(StringComparer.Ordinal));
            Assert.True(fields.Length > 0, $"{part} has no fields");
        }
    }

    [Fact]
    public void Every_part_with_fields_of_its_own_is_looked_at_here() => Assert.Equal(
        DeploymentSpec.Fields.Where(f => f.GetType().Name is "PartField`2" or "PartsField`2").Select(f => f.Name).Order(StringComparer.Ordinal),
        DeclaredFields.Parts.Select(p => p.Part).Where(p => p.Length > 0).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public void Its_example_is_read_and_is_no_default(string part, string name)
    {
        if (Required.Contains(part.Length == 0 ? name : $"{part}.{name}"))
        {
            return;
        }

        var (without, with) = (DeclaredFields.With(part, name, null), DeclaredFields.With(part, name, DeclaredFields.Of(part, name).Example));
        Assert.False(JsonElement.DeepEquals(DeclaredFields.Json(without), DeclaredFields.Json(with)), "its example is what holds if nothing is said");
        Assert.True(Value(DeclaredFields.Json(with), part, DeclaredFields.Of(part, name)).HasValue, "its value is in no JSON");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_exported_of_it_is_read_back(string part, string name)
    {
        var spec = DeclaredFields.With(part, name, DeclaredFields.Of(part, name).Example);
        var written = DeclaredFields.Write(spec);
        Assert.Contains($"{name}: ", written, StringComparison.Ordinal);
        Assert.True(JsonElement.DeepEquals(DeclaredFields.Json(spec), DeclaredFields.Json(DeclaredFields.Load(written))), written);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_node_takes_its_example_and_names_its_change(string part, string name)
    {
        var (without, with) = (DeclaredFields.With(part, name, null), DeclaredFields.With(part, name, DeclaredFields.Of(part, name).Example));
        Assert.Empty(DeploymentRules.Problems(with));
        Assert.Contains(part.Length > 0 ? part : name, DeploymentChanges.Between(without, with));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Its_bounds_are_possible_and_no_more_is(string part, string name)
    {
        var field = DeclaredFields.Of(part, name);
        var (possible, beyond) = Around(field);
        Assert.All(possible, value => Assert.DoesNotContain(DeploymentRules.Problems(DeclaredFields.With(part, name, value)), p => IsOf(p)));
        Assert.All(beyond, value => Assert.Contains(DeploymentRules.Problems(DeclaredFields.With(part, name, value)), p => IsOf(p)));

        bool IsOf(Problem problem) =>
            problem.Field.EndsWith(name, StringComparison.Ordinal) && problem.Message.Contains("expected", StringComparison.Ordinal);
    }

    /// <summary>
    /// The least and the greatest value of a field, and the next ones that are none, as a file has them; nothing for one without bounds.
    /// </summary>
    private static (string[] Possible, string[] Beyond) Around(Field field)
    {
        if (field.RangeInWords?.Split(" to ") is [var shortest, var longest])
        {
            var step = TimeSpan.FromMilliseconds(1);
            Assert.True(DurationText.TryParse(shortest, out var low) & DurationText.TryParse(longest, out var high));
            // A file has no durations below none.
            return (
                [shortest, longest], [.. low > step ? [DurationText.Format(low - step)] : Array.Empty<string>(), DurationText.Format(high + step)]);
        }

        if (field.Numbers is not var (least, most))
        {
            return ([], []);
        }

        // Half of one is between what is none and the least there is.
        var one = field.GetType().Name.StartsWith("WholeField", StringComparison.Ordinal) ? 1 : 0.5;
        return ([Number(least), Number(most)], [Number(least - one), Number(most + one)]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_text_has_a_longest_length_or_is_refused_by_a_rule(string part, string name)
    {
        var field = DeclaredFields.Of(part, name);
        if (!field.GetType().Name.StartsWith("TextField", StringComparison.Ordinal))
        {
            return;
        }

        var (most, refused) = field switch
        {
            TextField<DeploymentSpec> text => (text.Most, text.Refused),
            TextField<ScheduleSpec> text => (text.Most, text.Refused),
            _ => throw new NotSupportedException($"A text of {part}: name its type here."),
        };
        Assert.True(
            most is not null || refused is not null,
            $"Any text, however long, is taken for {name}. Set Most, or write a rule in DeploymentRules and set Refused to a text that it refuses.");
        if (refused is not null)
        {
            Assert.True(IsRefused(part, name, refused), $"{name}: {refused} is taken, though the field says that it is not. Is there a rule for it?");
        }
    }

    private static bool IsRefused(string part, string name, string value)
    {
        try
        {
            return DeploymentRules.Problems(DeclaredFields.With(part, name, value)).Any(p => p.Field.EndsWith(name, StringComparison.Ordinal));
        }
        catch (InvalidOperationException e) when (e.InnerException is Client.DeploymentFiles.DeploymentFileException)
        {
            return true;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void It_is_shown_of_a_deployment(string part, string name)
    {
        var (without, with) = (DeclaredFields.With(part, name, null), DeclaredFields.With(part, name, DeclaredFields.Of(part, name).Example));
        // The first lines say them, a table does, or the line of what they belong to.
        if (name is "name" or "paused" || part == "schedules" || (part, name) is ("", "schedules") || Required.Contains(name))
        {
            return;
        }

        Assert.True(
            !SpecRendering.Lines(without).SequenceEqual(SpecRendering.Lines(with)),
            $"`deployment show` says nothing of {name}: give it a line in SpecRendering");
    }

    [Fact]
    public void Every_field_reaches_its_runs_or_is_the_deployment_s_own()
    {
        var recipe = MessagesJson.Default.Options.GetTypeInfo(typeof(RunRecipe)).Properties.Select(p => p.Name).ToArray();
        foreach (var field in DeploymentSpec.Fields.Where(f => !OfTheDeployment.Contains(f.Name)))
        {
            Assert.True(
                recipe.Contains(field.JsonName),
                $"RunRecipe has no {field.JsonName}: a run would not know of {field.Name}. If it need not, name it in {nameof(OfTheDeployment)}.");
            var spec = DeclaredFields.With("", field.Name, field.Example);
            var run = JsonSerializer.SerializeToElement(RunRecipe.Of(spec), MessagesJson.Default.Options.GetTypeInfo(typeof(RunRecipe)));
            Assert.True(
                run.TryGetProperty(field.JsonName, out var value)
                && JsonElement.DeepEquals(value, DeclaredFields.Json(spec).GetProperty(field.JsonName)),
                $"RunRecipe.Of leaves {field.Name} out");
        }
    }

    [Fact]
    public void Every_field_has_a_test_of_what_it_does()
    {
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => file.Contains("/Behaviours/", StringComparison.Ordinal) || file.Contains("/EndToEnd/", StringComparison.Ordinal)
                || file.EndsWith("FlowRunnerContract.cs", StringComparison.Ordinal))
            .SelectMany(File.ReadLines).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)).Select(line => line + "\n"));
        // A version is shown, and does nothing.
        var untested = DeploymentSpec.Fields
            .Where(field => field.Name != "version"
                && !Regex.IsMatch(tests, $@"\b({char.ToUpperInvariant(field.JsonName[0])}{field.JsonName[1..]} = |{field.Name}: )"))
            .Select(field => field.Name);
        Assert.True(
            !untested.Any(),
            $"Neither tests/Actors.Tests/Behaviours nor tests/Host.Tests/EndToEnd sets {string.Join(", ", untested)}: show there what it does.");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_document_of_the_API_says_what_it_is_for(string part, string name)
    {
        var type = DeclaredFields.Parts.Single(p => p.Part == part).Json.Type;
        var note = SchemaNotes.Of(type, DeclaredFields.Of(part, name).JsonName);
        Assert.False(string.IsNullOrEmpty(note?.Description), $"say in About what {name} is for");
    }

    [Fact]
    public void The_tables_of_the_deployment_file_s_document_are_those_of_the_fields()
    {
        var path = Path.Combine(Repository.Root, "docs", "deployment-file.md");
        var kept = File.ReadAllText(path);
        var right = DeclaredFields.Parts.Aggregate(kept, (text, part) => WithTable(text, part.Section, [.. part.Fields]));
        if (right != kept)
        {
            var actual = Path.Combine(AppContext.BaseDirectory, "deployment-file.md");
            File.WriteAllText(actual, right);
            Assert.Fail("docs/deployment-file.md does not have the fields as they are. "
                + $"As it should be it is in {actual}: if the difference is meant, copy it over docs/deployment-file.md.");
        }
    }

    private static string WithTable(string text, string section, Field[] fields)
    {
        const string head = "| field | type | default | range | example |\n| --- | --- | --- | --- | --- |\n";
        var begin = text.IndexOf(head, text.IndexOf($"\n## {section}\n", StringComparison.Ordinal), StringComparison.Ordinal);
        var end = text.IndexOf("\n\n", begin, StringComparison.Ordinal) + 1;
        var table = new StringBuilder(head);
        foreach (var field in fields)
        {
            var what = field.About is { } about ? $"{field.Type}: {about}" : field.Type;
            string[] cells =
                [$"`{field.Name}`", what, field.Default ?? "", field.Range ?? "", $"`{field.Example.Replace("|", "\\|", StringComparison.Ordinal)}`"];
            table.Append('|').AppendJoin('|', cells.Select(cell => cell.Length == 0 ? " " : $" {cell} ")).Append("|\n");
        }

        return string.Concat(text.AsSpan(0, begin), table.ToString(), text.AsSpan(end));
    }

    private static JsonElement? Value(JsonElement spec, string part, Field field)
    {
        var of = part switch { "" => spec, "schedules" => spec.GetProperty(part)[0], _ => spec.GetProperty(DeclaredFields.Of("", part).JsonName) };
        return of.TryGetProperty(field.JsonName, out var value) ? value : null;
    }

    private static string Number(double number) => number.ToString(CultureInfo.InvariantCulture);
}
