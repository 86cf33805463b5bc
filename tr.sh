. /tmp/lead/benv.sh
$P -m compileall -q alumni_db records accounts
for i in 1 2 3; do
psql -q "$BASE/postgres" -c "drop database if exists b1" -c "create database b1" 2>/dev/null
$P manage.py migrate -v0 && $P manage.py load_organisation >/dev/null 
for k in 1 2; do /usr/bin/time -f "%e s %U+%S %M KB" $P manage.py import_alumni ${F:-/tmp/lead/c10k.xlsx} --apply 2>&1 >/dev/null | tail -1; done
done
