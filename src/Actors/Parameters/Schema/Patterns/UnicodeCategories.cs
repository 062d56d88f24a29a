using System.Collections.Immutable;
using System.Globalization;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>The general categories of Unicode by the names that patterns may give them.</summary>
internal static class UnicodeCategories
{
    private static readonly ImmutableArray<(string Short, string Long, UnicodeCategory Category)> All =
    [
        ("Lu", "Uppercase_Letter", UnicodeCategory.UppercaseLetter), ("Ll", "Lowercase_Letter", UnicodeCategory.LowercaseLetter),
        ("Lt", "Titlecase_Letter", UnicodeCategory.TitlecaseLetter), ("Lm", "Modifier_Letter", UnicodeCategory.ModifierLetter),
        ("Lo", "Other_Letter", UnicodeCategory.OtherLetter), ("Mn", "Nonspacing_Mark", UnicodeCategory.NonSpacingMark),
        ("Mc", "Spacing_Mark", UnicodeCategory.SpacingCombiningMark), ("Me", "Enclosing_Mark", UnicodeCategory.EnclosingMark),
        ("Nd", "Decimal_Number", UnicodeCategory.DecimalDigitNumber), ("Nl", "Letter_Number", UnicodeCategory.LetterNumber),
        ("No", "Other_Number", UnicodeCategory.OtherNumber), ("Pc", "Connector_Punctuation", UnicodeCategory.ConnectorPunctuation),
        ("Pd", "Dash_Punctuation", UnicodeCategory.DashPunctuation), ("Ps", "Open_Punctuation", UnicodeCategory.OpenPunctuation),
        ("Pe", "Close_Punctuation", UnicodeCategory.ClosePunctuation), ("Pi", "Initial_Punctuation", UnicodeCategory.InitialQuotePunctuation),
        ("Pf", "Final_Punctuation", UnicodeCategory.FinalQuotePunctuation), ("Po", "Other_Punctuation", UnicodeCategory.OtherPunctuation),
        ("Sm", "Math_Symbol", UnicodeCategory.MathSymbol), ("Sc", "Currency_Symbol", UnicodeCategory.CurrencySymbol),
        ("Sk", "Modifier_Symbol", UnicodeCategory.ModifierSymbol), ("So", "Other_Symbol", UnicodeCategory.OtherSymbol),
        ("Zs", "Space_Separator", UnicodeCategory.SpaceSeparator), ("Zl", "Line_Separator", UnicodeCategory.LineSeparator),
        ("Zp", "Paragraph_Separator", UnicodeCategory.ParagraphSeparator), ("Cc", "Control", UnicodeCategory.Control),
        ("Cf", "Format", UnicodeCategory.Format), ("Cs", "Surrogate", UnicodeCategory.Surrogate),
        ("Co", "Private_Use", UnicodeCategory.PrivateUse), ("Cn", "Unassigned", UnicodeCategory.OtherNotAssigned),
    ];

    /// <summary>Those that a name means: one by its short or long name, or all of a kind (<c>L</c>, <c>Letter</c>); empty for none.</summary>
    public static ImmutableArray<UnicodeCategory> Of(string name)
    {
        var plain = name switch
        {
            _ when name.StartsWith("General_Category=", StringComparison.Ordinal) => name["General_Category=".Length..],
            _ when name.StartsWith("gc=", StringComparison.Ordinal) => name["gc=".Length..],
            _ => name,
        };
        var initial = plain switch
        {
            "Letter" => "L", "Mark" or "Combining_Mark" =>
                "M", "Number" => "N", "Punctuation" or "punct" => "P", "Symbol" => "S", "Separator" => "Z", "Other" => "C",
            _ => plain,
        };
        return initial switch
        {
            "LC" or "Cased_Letter" => [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter],
            "digit" => [UnicodeCategory.DecimalDigitNumber],
            "cntrl" => [UnicodeCategory.Control],
            { Length: 1 } => [.. All.Where(c => c.Short[0] == initial[0]).Select(c => c.Category)],
            _ => [.. All.Where(c => c.Short == plain || c.Long == plain).Select(c => c.Category)],
        };
    }
}
