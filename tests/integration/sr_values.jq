# From dcm2json: every NUM of a report as "scheme code value", in document order.
def items: .. | objects | select(.["0040A040"]?.Value?[0] == "NUM");
items
| .["0040A043"].Value[0] as $name
| (.["0040A300"].Value[0] // {}) as $v
| [$name["00080102"].Value[0], $name["00080100"].Value[0],
   ($v["0040A161"].Value[0] // "undefined" | tostring)]
| join(" ")
